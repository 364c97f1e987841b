import { ChainReader, type Comet, HeightMissingError } from "@lamina/chain-client";
import { isRetryableFailure, type Sql } from "@lamina/db";
import { type ChainId, type Env, isRetryable } from "@lamina/primitives";
import type { Counter, Gauge, Logger, Metrics } from "@lamina/telemetry";
import { Changes } from "./changes.ts";
import { decodeHeight } from "./decode-height.ts";
import { FetchAhead } from "./fetch-ahead.ts";
import { HistoryMissingError } from "./index-state-error.ts";
import type { Ledger } from "./ledger.ts";
import { findStart } from "./start-point.ts";
import { readUnposted } from "./unposted-manifests.ts";
import { type Group, sealGroup, writeGroup } from "./write-group.ts";

export interface FollowerOptions {
  readonly chainId: ChainId;
  readonly pollMs: number;
  /** Heights fetched ahead of the one being decoded. */
  readonly prefetch: number;
  /** A transaction is closed once it holds so many results, or so many heights. */
  readonly groupResults: number;
  readonly groupHeights: number;
}

export interface FollowerDependencies {
  readonly env: Env;
  readonly comet: Comet;
  readonly sql: Sql;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

const RETRY_MS = 1_000;
/** A node answers for its latest block a moment before it has run it. */
const NOT_RUN_YET_HEIGHTS = 3n;

/**
 * Follows committed heights one after another into the database. Each height is written by exactly one transaction, which moves the cursor over
 * it; when many wait, several heights share a transaction (T57). While one group is written the next is fetched and decoded.
 */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #deps: FollowerDependencies;
  readonly #metrics: ReturnType<typeof metricsOf>;
  readonly #fetch: FetchAhead;
  readonly #reader: ChainReader;
  /** Ahead of the database by what is decoded and not written. */
  #ledger: Ledger;
  #written: bigint;
  #violations: number;
  #latest = 0n;

  private constructor(options: FollowerOptions, deps: FollowerDependencies, ledger: Ledger, violations: number) {
    this.#options = options;
    this.#deps = deps;
    this.#ledger = ledger;
    this.#written = ledger.height;
    this.#violations = violations;
    this.#fetch = new FetchAhead(deps.comet, options.prefetch);
    this.#reader = new ChainReader(deps.comet);
    this.#metrics = metricsOf(deps.metrics);
    this.#metrics.violations.set(violations);
    this.#metrics.height.set(Number(ledger.height));
  }

  /** Continues where the database stands. Throws `IndexStateError`, `HistoryMissingError` (I34). */
  static async open(options: FollowerOptions, deps: FollowerDependencies): Promise<Follower> {
    const ledger = await findStart(options.chainId, deps);
    const violations = await countViolations(deps);
    return new Follower(options, deps, ledger, violations);
  }

  /** The last height that is in the database. */
  get height(): bigint {
    return this.#written;
  }

  /** The node's latest, as last heard. */
  get chainHeight(): bigint {
    return this.#latest;
  }

  get violations(): number {
    return this.#violations;
  }

  /** Follows until the signal aborts. What may pass is tried again for ever; a contradiction ends it. */
  async run(signal: AbortSignal): Promise<void> {
    let isLost = false;
    while (!signal.aborted) {
      try {
        if (isLost) await this.#reload();
        isLost = false;
        if ((await this.catchUp(signal)) === 0) await this.#pause(this.#options.pollMs, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!isRetryable(error) && !isRetryableFailure(error)) throw error;
        isLost = true;
        this.#deps.logger.warn("following paused", { error, height: `${this.#written}` });
        await this.#pause(RETRY_MS, signal);
      }
    }
  }

  /** Writes all heights committed by now; gives how many. */
  async catchUp(signal?: AbortSignal): Promise<number> {
    this.#latest = (await this.#deps.comet.status()).latestHeight;
    const from = this.#written;
    let writing: Promise<void> = Promise.resolve();
    try {
      while (this.#ledger.height < this.#latest && signal?.aborted !== true) {
        const group = await this.#decodeGroup();
        if (group === undefined) break;
        await writing;
        writing = this.#write(group);
        // Met by the next turn's await, or the last one below.
        writing.catch(() => undefined);
      }
    } finally {
      await writing;
    }
    this.#metrics.behind.set(Number(this.#latest - this.#written));
    return Number(this.#written - from);
  }

  /** Heights that are there already and fit one transaction; undefined where the node has not run the next one yet. */
  async #decodeGroup(): Promise<Group | undefined> {
    const { chainId, groupResults, groupHeights } = this.#options;
    const before = this.#ledger.height;
    const changes = new Changes();
    do {
      const next = this.#ledger.height + 1n;
      const block = await this.#block(next);
      if (block === undefined) break;
      const unposted = await readUnposted(block, this.#ledger, this.#reader);
      decodeHeight(chainId, block, this.#ledger, changes, unposted);
      await this.#deps.env.step("indexer.height.decoded");
    } while (changes.results.count < groupResults && changes.heights < groupHeights && this.#fetch.has(this.#ledger.height + 1n));
    return changes.heights === 0 ? undefined : sealGroup(changes, this.#ledger, before);
  }

  async #block(height: bigint) {
    try {
      return await this.#fetch.take(height, this.#latest);
    } catch (error) {
      if (!(error instanceof HeightMissingError)) throw error;
      if (height + NOT_RUN_YET_HEIGHTS > this.#latest) return undefined;
      const remedy = "it has pruned what is missing: point RPC_URL at an archive node";
      throw new HistoryMissingError(`height ${height} at the node`, error.details.reason, remedy);
    }
  }

  async #write(group: Group): Promise<void> {
    const { env, sql, logger } = this.#deps;
    const added = await writeGroup(sql, env, this.#options.chainId, group);
    this.#written = group.cursor.height;
    this.#metrics.rows.increment({}, group.changes.results.count);
    this.#metrics.height.set(Number(this.#written));
    this.#metrics.behind.set(Number(this.#latest - this.#written));
    if (added > 0) {
      this.#violations = await countViolations(this.#deps);
      this.#metrics.violations.set(this.#violations);
      logger.error("the chain broke an invariant", { height: `${this.#written}`, added, first: group.changes.violations[0] });
    }
    await env.step("indexer.group.committed");
  }

  /** After a failure nobody knows what was committed but the database. */
  async #reload(): Promise<void> {
    this.#fetch.clear();
    this.#ledger = await findStart(this.#options.chainId, this.#deps);
    this.#written = this.#ledger.height;
  }

  async #pause(durationMs: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#deps.env.timers.sleep(durationMs, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

async function countViolations({ sql }: Pick<FollowerDependencies, "sql">): Promise<number> {
  const [line] = await sql<{ count: bigint }[]>`select count(*) as count from index.violations`;
  return Number(line?.count ?? 0n);
}

function metricsOf(metrics: Metrics): { rows: Counter; height: Gauge; behind: Gauge; violations: Gauge } {
  return {
    rows: metrics.counter({ name: "lamina_index_results_total", help: "Rows written" }),
    height: metrics.gauge({ name: "lamina_index_height", help: "Last height written" }),
    behind: metrics.gauge({ name: "lamina_index_heights_behind", help: "Committed heights not written yet" }),
    violations: metrics.gauge({
      name: "lamina_index_violations",
      help: "Broken invariants of the chain that this index has found; 0, or page somebody",
    }),
  };
}
