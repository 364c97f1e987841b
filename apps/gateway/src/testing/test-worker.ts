import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  cancelBytes,
  computeJobId,
  decodeJob,
  encodeRow,
  headBytes,
  type Item,
  itemsCommitment,
  jobIdOfBytes,
  nextHead,
  privateCommitment,
  type Row,
  signJobBytes,
  startHead,
  strictVerifier,
} from "@lamina/codec";
import { hashLeaf } from "@lamina/merkle";
import { type Bus, cancelJobSubject, heartbeatSubject, type Served, workService } from "@lamina/messaging";
import { jobId as asJobId, bytesEqual, type ChainId, type Digest, digest, type PublicKey, toHex } from "@lamina/primitives";
import { type NodeSigner, nodeEd25519Signer, nodeEd25519Verify } from "@lamina/primitives/node";
import { bus } from "@lamina/protocol";

export interface ServedTestModel {
  readonly modelId: Uint8Array;
  readonly unitPrice: bigint;
  readonly unitsPerItem: (profile: number) => bigint;
  readonly run: (item: Item, profile: number) => Item;
}

/** Spoils or replaces an answer before it is sent; undefined sends it as it is. */
export type Spoil = (answer: bus.WorkAnswer, row: Row) => bus.WorkAnswer | "silence" | bus.WorkRefusal | undefined;

/** A worker in the test's own process: it checks jobs, keeps a hash-chained log and signs its heads, as docs/spec has it; only its models are functions. */
export class TestWorker {
  readonly id: string;
  readonly #bus: Bus;
  readonly #chainId: ChainId;
  readonly #signer: NodeSigner;
  readonly #models: readonly ServedTestModel[];
  readonly #spender: () => PublicKey;
  readonly #results = new Map<string, bus.WorkAnswer>();
  readonly #verify = strictVerifier(nodeEd25519Verify);
  #head: Digest;
  #count = 0n;
  #served: Served | undefined;
  #beat: NodeJS.Timeout | undefined;
  #held: Promise<void> | undefined;
  /** Set by tests. */
  spoil: Spoil = () => undefined;
  state = "serving";
  /** Job ids as they came in, before anything is decided. */
  readonly asked: string[] = [];
  readonly executed: string[] = [];
  readonly rows: Row[] = [];
  readonly aborted: string[] = [];
  /** Job ids of which the spender said, signed, that they are no longer wanted. */
  readonly cancelled: string[] = [];

  constructor(
    options: { readonly chainId: ChainId; readonly seed: Uint8Array; readonly models: readonly ServedTestModel[] },
    dependencies: { readonly bus: Bus; readonly spender: () => PublicKey },
  ) {
    this.#chainId = options.chainId;
    this.#signer = nodeEd25519Signer(options.seed);
    this.id = toHex(this.#signer.publicKey);
    this.#models = options.models;
    this.#bus = dependencies.bus;
    this.#spender = dependencies.spender;
    this.#head = startHead(this.#chainId, this.#log);
  }

  get publicKey(): PublicKey {
    return this.#signer.publicKey;
  }

  get offers(): Map<string, bigint> {
    return new Map(this.#models.map(({ modelId, unitPrice }) => [toHex(modelId), unitPrice]));
  }

  /** Resolves once the server knows that it serves. */
  async start(): Promise<void> {
    this.#bus.listen(cancelJobSubject(this.id), ({ payload }) => this.#hearCancel(payload));
    this.#served = this.#bus.serve(workService(this.id), ({ payload, signal }) => this.#answer(payload, signal));
    await this.beatNow();
    this.#beat = setInterval(() => this.beat(), 200);
  }

  /** A heartbeat that the server has when this resolves. */
  async beatNow(): Promise<void> {
    this.beat();
    await this.#bus.flush();
  }

  /** Answers nothing until the given function is called; what is asked meanwhile waits in `asked`. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held = promise;
    return () => {
      this.#held = undefined;
      resolve();
    };
  }

  async stop(): Promise<void> {
    clearInterval(this.#beat);
    await this.#served?.drain();
  }

  /** For tests that make heads of their own. */
  signHead(statement: Uint8Array): Uint8Array {
    return this.#signer.sign(statement);
  }

  beat(): void {
    if (!this.#bus.isConnected) return;
    const models = this.#models.map(({ modelId, unitPrice }) => ({ modelId, unitPrice, waiting: 0, latencyP50Ms: 1, sessions: 1 }));
    const heartbeat = create(bus.HeartbeatSchema, { worker: this.publicKey, workerId: 1n, state: this.state, models, sentAtMs: BigInt(Date.now()) });
    this.#bus.notify(heartbeatSubject(this.id), toBinary(bus.HeartbeatSchema, heartbeat));
  }

  #hearCancel(payload: Uint8Array): void {
    const { jobId, settleBy, signature } = fromBinary(bus.CancelRequestSchema, payload);
    const statement = cancelBytes(this.#chainId, asJobId(jobId), settleBy);
    if (this.#verify(this.#spender(), statement, signature)) this.cancelled.push(toHex(jobId));
  }

  async #answer(payload: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    const request = fromBinary(bus.WorkRequestSchema, payload);
    const jobId = toHex(jobIdOfBytes(this.#chainId, request.job));
    this.asked.push(jobId);
    signal.addEventListener("abort", () => this.aborted.push(jobId));
    await this.#held;
    const before = this.#results.get(jobId);
    if (before !== undefined) return reply({ case: "answer", value: before });
    const refusal = this.#judge(request);
    if (refusal !== undefined)
      return reply({ case: "refused", value: { $typeName: "lamina.bus.v1.WorkReply.Refused", reason: refusal, message: "test" } });
    const { answer, row } = this.#execute(request);
    const spoilt = this.spoil(answer, row);
    if (spoilt === "silence") return new Promise(() => undefined);
    if (typeof spoilt === "number")
      return reply({ case: "refused", value: { $typeName: "lamina.bus.v1.WorkReply.Refused", reason: spoilt, message: "test" } });
    this.#results.set(jobId, answer);
    this.executed.push(jobId);
    return reply({ case: "answer", value: spoilt ?? answer });
  }

  #judge(request: bus.WorkRequest): bus.WorkRefusal | undefined {
    const job = decodeJob(request.job);
    const model = this.#model(job.model);
    if (!bytesEqual(job.worker, this.publicKey)) return bus.WorkRefusal.WRONG_WORKER;
    if (model === undefined) return bus.WorkRefusal.UNKNOWN_MODEL;
    if (job.unitPrice < model.unitPrice) return bus.WorkRefusal.PRICE;
    const statement = signJobBytes(this.#chainId, computeJobId(this.#chainId, job), job.settleBy);
    if (!this.#verify(this.#spender(), statement, request.jobSignature)) return bus.WorkRefusal.BAD_SIGNATURE;
    const inputCommitment = itemsCommitment(itemsOf(request.items), "input", request.salt);
    const h = privateCommitment({ salt: request.salt, inputCommitment, parameters: request.parameters, reference: request.reference });
    return bytesEqual(h, job.h) ? undefined : bus.WorkRefusal.MALFORMED;
  }

  #execute(request: bus.WorkRequest): { answer: bus.WorkAnswer; row: Row } {
    const job = decodeJob(request.job);
    const model = this.#model(job.model);
    if (model === undefined) throw new Error("judged before");
    const outputs = itemsOf(request.items).map((item) => model.run(item, job.profile));
    const units = BigInt(job.items) * model.unitsPerItem(job.profile);
    const output = itemsCommitment(outputs, "output", request.salt);
    const row: Row = { ...job, incarnation: 0, index: this.#count, units, charge: units * job.unitPrice, output };
    const previousHead = this.#head;
    this.#head = nextHead(previousHead, hashLeaf(encodeRow(row)));
    this.#count += 1n;
    this.rows.push(row);
    const statement = headBytes(this.#chainId, { ...this.#log, count: this.#count, head: this.#head });
    const signature = this.#signer.sign(statement);
    const head = create(bus.SignedHeadSchema, { ...this.#log, count: this.#count, head: digest(this.#head), signature });
    const answer = create(bus.WorkAnswerSchema, {
      row: encodeRow(row),
      previousHead,
      head,
      outputs: outputs.map((item) => ({ tensors: item.map(({ type, dims, data }) => ({ type, dims: [...dims], data })) })),
    });
    return { answer, row };
  }

  #model(id: Uint8Array): ServedTestModel | undefined {
    return this.#models.find(({ modelId }) => bytesEqual(modelId, id));
  }

  get #log() {
    return { worker: this.publicKey, level: 1, param: 0, incarnation: 0 };
  }
}

function itemsOf(items: readonly bus.Item[]): Item[] {
  return items.map(({ tensors }) => tensors.map(({ type, dims, data }) => ({ type: type as Item[number]["type"], dims, data })));
}

function reply(value: bus.WorkReply["reply"]): Uint8Array {
  return toBinary(bus.WorkReplySchema, create(bus.WorkReplySchema, { reply: value }));
}
