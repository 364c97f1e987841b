import { fromBinary } from "@bufbuild/protobuf";
import { type Job, type Signer, strictVerifier } from "@lamina/codec";
import { ALL_HEADS, ALL_HEARTBEATS, type Bus, resultsConsumer, resultsStream, workService } from "@lamina/messaging";
import { MemoryBroker } from "@lamina/messaging/testing";
import { type ChainId, type Env, toHex } from "@lamina/primitives";
import { nodeEd25519Signer, nodeEd25519Verify } from "@lamina/primitives/node";
import { bus } from "@lamina/protocol";
import { noopMetrics } from "@lamina/telemetry";
import { type RecordingLogger, recordingLogger } from "@lamina/telemetry/testing";
import { type FakeEnv, fakeEnv, SeededRng } from "@lamina/testing";
import { Follower } from "../chain/follower.ts";
import { workerMetrics } from "../metrics/worker-metrics.ts";
import { WorkerService } from "../service.ts";
import type { ServiceOptions } from "../service-parts.ts";
import { type MadeRequest, makeRequest } from "./make-request.ts";
import { TestChain } from "./test-chain.ts";
import { numbers, servedSums, TestRunner } from "./test-model.ts";

export const CHAIN = "lamina-test-1" as ChainId;
const SEQUENCER_ID = "s1";
const VERIFY = strictVerifier(nodeEd25519Verify);
/** Above any time that a reply takes in fake time. */
const PATIENCE_MS = 5_000;

const OPTIONS: ServiceOptions = {
  chainId: CHAIN,
  dataFolder: "/data",
  mayCreateState: true,
  segmentBytes: 1 << 20,
  journalBytesMax: 1 << 26,
  jobsMax: 1_000,
  jobBytesMax: 1 << 26,
  factsAgeMaxMs: 30_000,
  settleMargin: 20n,
  forceAfterHeights: 40n,
  forceMarginHeights: 10n,
  resendAfterMs: 15_000,
  appendTimeoutMs: 1_000,
  heartbeatMs: 1_000,
  drainMs: 2_000,
};

/** One worker with everything around it, in memory: bus, chain, disk, time. */
export class TestWorld {
  readonly env: FakeEnv;
  readonly broker: MemoryBroker;
  readonly chain: TestChain;
  readonly runner = new TestRunner();
  readonly logger: RecordingLogger = recordingLogger();
  readonly spender = nodeEd25519Signer(new Uint8Array(32).fill(2));
  readonly signer = nodeEd25519Signer(new Uint8Array(32).fill(1));
  readonly model = servedSums(this.runner);
  readonly rng: SeededRng;
  readonly workerId = toHex(this.signer.publicKey);
  readonly gateway: Bus;
  /** Runs that the stream held, in the order of its holding. */
  readonly published: bus.ResultRun[] = [];
  readonly heads: bus.SignedHead[] = [];
  readonly heartbeats: bus.Heartbeat[] = [];
  forced: Uint8Array[] = [];
  forceInclude: ((run: Uint8Array) => Promise<bigint>) | undefined;
  service: WorkerService | undefined;
  #nonce = 0;

  private constructor(seed: number, onStep?: (name: string, passing: number) => void) {
    this.env = fakeEnv(seed, onStep === undefined ? {} : { onStep });
    this.rng = new SeededRng(seed);
    this.broker = new MemoryBroker(this.env);
    this.chain = new TestChain(CHAIN, this.signer.publicKey, this.model.modelId, 3n);
    this.chain.addLane({ id: 5n, spenderKey: this.spender.publicKey });
    this.broker.addStream(resultsStream({ replicas: 1 }));
    this.broker.addConsumer(resultsConsumer(SEQUENCER_ID));
    this.gateway = this.broker.connect({ role: "gateway", id: "g1", spenderIds: [] });
  }

  static async make(options: { seed?: number; onStep?: (name: string, passing: number) => void } = {}): Promise<TestWorld> {
    const world = new TestWorld(options.seed ?? 1, options.onStep);
    await world.listen();
    return world;
  }

  /** Starts the worker; a second call plays a restart on the same disk. */
  async start(options: Partial<ServiceOptions> = {}, env: Env = this.env, signer: Signer = this.signer): Promise<WorkerService> {
    await this.env.files.mkdir("/data");
    const { chain, logger } = this;
    const follower = await Follower.start({ worker: signer.publicKey, pollMs: 200 }, { env, chain, logger });
    const messages = this.broker.connect({ role: "worker", id: this.workerId });
    const metrics = workerMetrics(noopMetrics);
    const dependencies = { env, chain, follower, bus: messages, signer, verify: VERIFY, models: [this.model], metrics, logger };
    this.service = await WorkerService.start({ ...OPTIONS, ...options }, { ...dependencies, forceInclude: this.forceInclude });
    return this.service;
  }

  /** A valid request, but for what `fields` and `spoil` make of it. */
  request(fields: Partial<Job> = {}, spoil?: (message: bus.WorkRequest) => void): MadeRequest {
    const settleBy = this.chain.heightNow + 100n;
    const place = { level: 1, param: 0, worker: this.signer.publicKey, lane: 5n, nonce: this.#nonce++ };
    const job = { ...place, model: this.model.modelId, profile: 1, items: 1, unitPrice: 3n, ceiling: 1_000n, settleBy, ...fields };
    const items = Array.from({ length: job.items === 0 ? 1 : job.items }, (_, at) => numbers(at + this.rng.below(100), 2));
    return makeRequest({ chainId: CHAIN, spender: this.spender, job, items }, this.rng, spoil);
  }

  /** What the worker replies to a request. */
  async ask(made: MadeRequest | Uint8Array, signal?: AbortSignal): Promise<bus.WorkReply["reply"]> {
    const payload = made instanceof Uint8Array ? made : made.payload;
    const options = signal === undefined ? { timeoutMs: PATIENCE_MS } : { timeoutMs: PATIENCE_MS, signal };
    const bytes = await this.gateway.request(workService(this.workerId), payload, options);
    return fromBinary(bus.WorkReplySchema, bytes).reply;
  }

  /** The answer to a request that must be answered. */
  async answered(made: MadeRequest): Promise<bus.WorkAnswer> {
    const reply = await this.ask(made);
    if (reply.case !== "answer") throw new Error(`expected an answer, found ${JSON.stringify(reply.value?.message ?? reply.case)}`);
    return reply.value;
  }

  /** Begins to collect what the worker publishes. */
  async listen(): Promise<void> {
    const sequencer = this.broker.connect({ role: "sequencer", id: SEQUENCER_ID });
    const queue = { stream: "RESULTS", durable: resultsConsumer(SEQUENCER_ID).durable, prefetch: 100, attemptsMax: 5 };
    await sequencer.consume({ ...queue, retryDelayMaxMs: 1_000, ackWaitMs: 15_000 }, (message) => {
      this.published.push(fromBinary(bus.ResultRunSchema, message.payload));
      message.ack();
    });
    sequencer.listen(ALL_HEADS, ({ payload }) => this.heads.push(fromBinary(bus.SignedHeadSchema, payload)));
    this.gateway.listen(ALL_HEARTBEATS, ({ payload }) => this.heartbeats.push(fromBinary(bus.HeartbeatSchema, payload)));
  }
}
