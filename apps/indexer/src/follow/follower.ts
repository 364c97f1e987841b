import type { Comet, CommittedBlock } from "@lamina/chain-client";
import type { Sql } from "@lamina/db";
import type { ChainId, Env } from "@lamina/primitives";
import { fromHex, isRetryable, toHex } from "@lamina/primitives";
import type { Counter, Gauge, Logger, Metrics } from "@lamina/telemetry";
import { decodeHeight, type KnownKeys } from "./decode-height.ts";
import { IndexStateError } from "./index-state-error.ts";
import { type FollowerState, writeChanges } from "./write-changes.ts";

export interface FollowerOptions {
  readonly chainId: ChainId;
  readonly pollMs: number;
  /** Heights fetched ahead of the one being written. */
  readonly prefetch: number;
}

export interface FollowerDependencies {
  readonly env: Env;
  readonly comet: Comet;
  readonly sql: Sql;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

const RETRY_MS = 1_000;

/** Follows committed heights one after another, each in a transaction of its own with its cursor: nothing skipped, nothing twice (T57). */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #deps: FollowerDependencies;
  readonly #rows: Counter;
  readonly #height: Gauge;
  readonly #behind: Gauge;
  #state: FollowerState;
  readonly #known: KnownKeys;
  readonly #fetched = new Map<bigint, Promise<CommittedBlock>>();

  private constructor(options: FollowerOptions, deps: FollowerDependencies, state: FollowerState, known: KnownKeys) {
    this.#options = options;
    this.#deps = deps;
    this.#state = state;
    this.#known = known;
    this.#rows = deps.metrics.counter({ name: "lamina_index_results_total", help: "Rows written" });
    this.#height = deps.metrics.gauge({ name: "lamina_index_height", help: "Last height written" });
    this.#behind = deps.metrics.gauge({ name: "lamina_index_heights_behind", help: "Committed heights not written yet" });
  }

  /** Continues where the database stands. Throws `IndexStateError` where it holds another chain's index (I34). */
  static async open(options: FollowerOptions, deps: FollowerDependencies): Promise<Follower> {
    const [found] = await deps.sql<{ chain_id: string; height: bigint; next_result: bigint; next_transfer: bigint; next_fault: bigint }[]>`
      select chain_id, height, next_result, next_transfer, next_fault from index.follower where id = 1`;
    if (found !== undefined && found.chain_id !== options.chainId)
      throw new IndexStateError(found.height, `chain ${options.chainId}`, found.chain_id);
    const state: FollowerState =
      found === undefined
        ? { chainId: options.chainId, height: 0n, nextResult: 1n, nextTransfer: 1n, nextFault: 1n }
        : {
            chainId: found.chain_id,
            height: found.height,
            nextResult: found.next_result,
            nextTransfer: found.next_transfer,
            nextFault: found.next_fault,
          };
    return new Follower(options, deps, state, await readKnownKeys(deps.sql));
  }

  get height(): bigint {
    return this.#state.height;
  }

  /** Follows until the signal aborts. What may pass is tried again for ever; a contradiction ends it. */
  async run(signal: AbortSignal): Promise<void> {
    const { env, logger } = this.#deps;
    while (!signal.aborted) {
      try {
        const written = await this.catchUp(signal);
        if (written === 0) await this.#pause(this.#options.pollMs, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!isRetryable(error)) throw error;
        logger.warn("following paused", { error, height: `${this.#state.height}` });
        this.#fetched.clear();
        await this.#pause(RETRY_MS, signal);
      }
      await env.step("indexer.height.done");
    }
  }

  /** Writes all heights committed by now; gives how many. */
  async catchUp(signal?: AbortSignal): Promise<number> {
    const { latestHeight } = await this.#deps.comet.status();
    let written = 0;
    while (this.#state.height < latestHeight && signal?.aborted !== true) {
      this.#behind.set(Number(latestHeight - this.#state.height));
      await this.#write(await this.#next(latestHeight));
      written += 1;
    }
    this.#behind.set(0);
    return written;
  }

  #next(latest: bigint): Promise<CommittedBlock> {
    const next = this.#state.height + 1n;
    for (let height = next; height <= latest && height < next + BigInt(this.#options.prefetch); height++) {
      if (this.#fetched.has(height)) continue;
      const fetching = this.#deps.comet.committedBlock(height);
      // Failures are met when the height's turn comes.
      fetching.catch(() => undefined);
      this.#fetched.set(height, fetching);
    }
    const block = this.#fetched.get(next) ?? this.#deps.comet.committedBlock(next);
    this.#fetched.delete(next);
    return block;
  }

  async #write(block: CommittedBlock): Promise<void> {
    const { env, sql } = this.#deps;
    if (block.chainId !== this.#options.chainId) throw new IndexStateError(block.height, `chain ${this.#options.chainId}`, block.chainId);
    const changes = decodeHeight(block, this.#known);
    await env.step("indexer.height.decoded");
    this.#state = await sql.begin(async (transaction) => {
      const after = await writeChanges(transaction, block, changes, this.#state);
      await env.step("indexer.height.before-commit");
      return after;
    });
    this.#rows.increment({}, changes.results.length);
    this.#height.set(Number(block.height));
  }

  async #pause(durationMs: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#deps.env.timers.sleep(durationMs, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

async function readKnownKeys(sql: Sql): Promise<KnownKeys> {
  const keys = await sql<{ signing_key: Buffer; operator_id: string }[]>`select signing_key, operator_id::text from index.signing_keys`;
  const terms = await sql<{ term: string; key: Buffer }[]>`select term::text, key from index.terms`;
  return {
    operators: new Map(keys.map((line) => [toHex(line.signing_key), line.operator_id])),
    sequencers: new Map(terms.map((line) => [BigInt(line.term), fromHex(toHex(line.key))])),
  };
}
