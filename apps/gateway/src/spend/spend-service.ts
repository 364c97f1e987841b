import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { spendBytes, spendRoot } from "@lamina/codec";
import { type Bus, Refusal, type Served, spendService } from "@lamina/messaging";
import { type ChainId, type Env, type JobId, jobId, toHex } from "@lamina/primitives";
import { bus } from "@lamina/protocol";
import type { Logger } from "@lamina/telemetry";
import type { ChainFollower } from "../chain/chain-follower.ts";
import type { IssuedJobs } from "../jobs/issued-jobs.ts";
import type { JobArchive } from "../jobs/job-archive.ts";
import type { SpenderKeys } from "../jobs/spender-keys.ts";

/** A job that another gateway is about to store, or that we are, is known a moment later. */
const SECOND_LOOK_MS = 250;
const JOBS_MAX = 65_535;

export interface SpendServiceOptions {
  readonly chainId: ChainId;
}

export interface SpendServiceDependencies {
  readonly env: Pick<Env, "timers">;
  readonly bus: Pick<Bus, "serve">;
  readonly chain: ChainFollower;
  readonly spenders: SpenderKeys;
  readonly issued: IssuedJobs;
  readonly archive: JobArchive;
  readonly logger: Logger;
}

/** Signs, for a sequencer, the root over a lane's job ids in a block: only where every one of them was issued here for that lane (T66). */
export class SpendService {
  readonly #chainId: ChainId;
  readonly #dependencies: SpendServiceDependencies;
  #served: Served[] = [];

  constructor(options: SpendServiceOptions, dependencies: SpendServiceDependencies) {
    this.#chainId = options.chainId;
    this.#dependencies = dependencies;
  }

  start(): void {
    const { spenders, bus: messages } = this.#dependencies;
    this.#served = spenders.ids.map((id) => messages.serve(spendService(id), async ({ payload }) => this.#answer(id, payload)));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#served.map((each) => each.drain()));
  }

  async #answer(spenderId: string, payload: Uint8Array): Promise<Uint8Array> {
    const { lane, term, number, jobIds } = fromBinary(bus.SpendRootRequestSchema, payload);
    const ids = readIds(jobIds);
    const problem = ids === undefined ? `expected 1..${JOBS_MAX} distinct job ids of 32 bytes` : await this.#problem(spenderId, lane, ids);
    if (ids === undefined || problem !== undefined) {
      this.#dependencies.logger.warn("a spend root was refused", { lane, term, number, jobs: jobIds.length, problem });
      return toBinary(bus.SpendRootReplySchema, create(bus.SpendRootReplySchema, { refusal: problem ?? "malformed" }));
    }
    const key = this.#dependencies.chain.latest?.lanes.get(lane)?.spenderKey;
    if (key === undefined) throw new Refusal("NOT_READY", "the chain does not answer", { retryable: true });
    const statement = spendBytes(this.#chainId, { lane, term, number, count: ids.length, root: spendRoot(ids) });
    const signature = this.#dependencies.spenders.signer(key).sign(statement);
    return toBinary(bus.SpendRootReplySchema, create(bus.SpendRootReplySchema, { signature }));
  }

  async #problem(spenderId: string, lane: bigint, ids: readonly JobId[]): Promise<string | undefined> {
    const { chain, env } = this.#dependencies;
    const key = chain.latest?.lanes.get(lane)?.spenderKey;
    if (key === undefined) return `lane ${lane} is not one of this gateway's`;
    if (toHex(key) !== spenderId) return `lane ${lane} has another spender`;
    if ((await this.#unknown(lane, ids)) === 0) return undefined;
    await env.timers.sleep(SECOND_LOOK_MS);
    const unknown = await this.#unknown(lane, ids);
    return unknown === 0 ? undefined : `${unknown} of ${ids.length} jobs were not issued here for lane ${lane}`;
  }

  async #unknown(lane: bigint, ids: readonly JobId[]): Promise<number> {
    const notRecent = ids.filter((id) => !this.#dependencies.issued.has(toHex(id), lane));
    return notRecent.length === 0 ? 0 : notRecent.length - (await this.#dependencies.archive.countIssued(lane, notRecent));
  }
}

function readIds(jobIds: readonly Uint8Array[]): JobId[] | undefined {
  if (jobIds.length < 1 || jobIds.length > JOBS_MAX || jobIds.some((id) => id.length !== 32)) return undefined;
  const ids = jobIds.map(jobId);
  return new Set(ids.map((id) => toHex(id))).size === ids.length ? ids : undefined;
}
