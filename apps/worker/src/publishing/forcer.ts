import type { LogId } from "@lamina/codec";
import type { Env } from "@lamina/primitives";
import type { Logger } from "@lamina/telemetry";
import type { ChainFacts } from "../chain/chain-facts.ts";
import { passPoint } from "../crash-points.ts";
import type { ResultLog } from "../log/result-log.ts";
import type { RowGroup } from "../log/row-group.ts";
import type { WorkerMetrics } from "../metrics/worker-metrics.ts";
import { writeForcedRun } from "./force-run.ts";
import { joinGroups } from "./run-message.ts";
import type { OpenGroup, Unaccepted } from "./unaccepted.ts";

export interface ForcerOptions {
  readonly log: LogId;
  /** Heights after which a row that the chain has not accepted is forced in. */
  readonly afterHeights: bigint;
  /** A row with no more heights than this left until its settle_by is forced in at once. */
  readonly marginHeights: bigint;
}

export interface ForcerDependencies {
  readonly env: Pick<Env, "step">;
  readonly results: Pick<ResultLog, "read" | "signEnd">;
  readonly unaccepted: Unaccepted;
  /** Sends `MsgForceInclude` and resolves with its sequence once it is in a block. */
  readonly send: (run: Uint8Array) => Promise<bigint>;
  readonly metrics: WorkerMetrics;
  readonly logger: Logger;
}

/** Bytes of a posted row with its own signature, more than it ever takes. */
const POSTED_ROW_BYTES = 256;
const ROWS_MAX = 1_000;

/** The oldest groups that are due, as far as they fit into one message; none where nothing is due yet. */
export function dueGroups(
  unaccepted: Iterable<OpenGroup>,
  facts: Pick<ChainFacts, "height" | "rules">,
  options: Pick<ForcerOptions, "afterHeights" | "marginHeights">,
): OpenGroup[] {
  const { height, rules } = facts;
  const due: OpenGroup[] = [];
  const rowsMax = BigInt(Math.min(ROWS_MAX, rules.batchRowsMax, Math.floor(rules.batchBytesMax / POSTED_ROW_BYTES)));
  let rows = 0n;
  for (const group of unaccepted) {
    const isDue = height >= group.height + options.afterHeights || group.settleBy <= height + options.marginHeights;
    rows += group.end - group.start;
    // What follows a due row costs little more, but what is not due may still be served: the sequencer has its time.
    if (!isDue || (due.length > 0 && rows > rowsMax)) break;
    due.push(group);
  }
  return due;
}

/** A muted worker's way to its pay: rows that no sequencer takes go to the chain by the worker's own transaction (T30). */
export class Forcer {
  readonly #options: ForcerOptions;
  readonly #deps: ForcerDependencies;
  /** Height before which nothing is tried again: an answer is awaited, or a refusal may cure itself. */
  #notBefore = 0n;
  #work: Promise<void> = Promise.resolve();
  #isBusy = false;

  constructor(options: ForcerOptions, dependencies: ForcerDependencies) {
    this.#options = options;
    this.#deps = dependencies;
  }

  /** Looks at new facts; sends where something is due. */
  onFacts(facts: ChainFacts): void {
    if (this.#isBusy || facts.height < this.#notBefore) return;
    const due = dueGroups(this.#deps.unaccepted, facts, this.#options);
    const [first, ...rest] = due;
    if (first === undefined) return;
    this.#isBusy = true;
    this.#work = this.#force([first, ...rest], facts).finally(() => {
      this.#isBusy = false;
    });
  }

  /** Resolves when nothing is being sent. */
  idle(): Promise<void> {
    return this.#work;
  }

  async #force(groups: readonly [OpenGroup, ...OpenGroup[]], facts: ChainFacts): Promise<void> {
    const { env, results, metrics, logger } = this.#deps;
    this.#notBefore = facts.height + this.#options.afterHeights / 2n + 1n;
    try {
      const read: RowGroup[] = [];
      for (const { place } of groups) read.push(await results.read(place));
      const group = joinGroups(read as [RowGroup, ...RowGroup[]]);
      const signed = await results.signEnd(group);
      const run = writeForcedRun(this.#options.log, group, signed, facts.height);
      await passPoint(env, "worker.force.send");
      const sequence = await this.#deps.send(run);
      await passPoint(env, "worker.force.sent");
      metrics.forced(group.rows.length);
      logger.warn("rows that no sequencer took were forced in", { sequence, start: group.start, rows: group.rows.length });
    } catch (error) {
      if (this.#deps.unaccepted.oldest?.start !== groups[0].start) {
        logger.info("rows were accepted while they were being forced in", { start: groups[0].start });
        return;
      }
      logger.error("rows could not be forced in, it is tried again", { start: groups[0].start, height: facts.height, error });
    }
  }
}
