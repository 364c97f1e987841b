import { computeBatchId } from "@lamina/codec";
import { BaseError, type BatchId, backoffMs, type ChainId, type Env, isRetryable, toHex } from "@lamina/primitives";
import { type CutBatch, cutBatch, nextSubmission } from "@lamina/rollup";
import { type Counter, type Histogram, LATENCY_BUCKETS_SECONDS, type Logger, type Metrics } from "@lamina/telemetry";
import type { SequencerChain } from "../chain-port.ts";
import { type ChainView, pause } from "../chain-view.ts";
import type { Journal } from "../journal/journal.ts";
import type { JournalBlock } from "../journal/journal-record.ts";

export interface SubmitterOptions {
  readonly chainId: ChainId;
  /** Between two looks while nothing waits. */
  readonly idleMs: number;
  readonly retryDelayMs: number;
  readonly retryDelayMaxMs: number;
}

export interface SubmitterDependencies {
  readonly env: Pick<Env, "timers" | "random" | "clock" | "step">;
  readonly chain: SequencerChain;
  readonly view: ChainView;
  readonly journal: Journal;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** The chain contradicts the signer's own memory: going on could sign a number twice (I11, I34). */
export class SignerStateError extends BaseError<"SIGNER_STATE"> {
  readonly details: { readonly expected: string; readonly found: string };
  constructor(details: { expected: string; found: string }) {
    super("SIGNER_STATE", `signer state: expected ${details.expected}, found ${details.found}`);
    this.details = details;
  }
}

/** Brings signed blocks onto the chain, one batch at a time, in order, until the chain holds them all. */
export class Submitter {
  readonly #options: SubmitterOptions;
  readonly #deps: SubmitterDependencies;
  readonly #batches: Counter;
  readonly #bytes: Counter;
  readonly #duration: Histogram;
  #wake: AbortController | undefined;
  #failures = 0;

  constructor(options: SubmitterOptions, dependencies: SubmitterDependencies) {
    this.#options = options;
    this.#deps = dependencies;
    const { metrics } = dependencies;
    this.#batches = metrics.counter({ name: "lamina_sequencer_batches_total", help: "Batches by what became of them", labelNames: ["outcome"] });
    this.#bytes = metrics.counter({ name: "lamina_sequencer_batch_bytes_total", help: "Bytes of accepted batches" });
    const help = "From handing a batch over to its inclusion";
    this.#duration = metrics.histogram({ name: "lamina_sequencer_batch_seconds", help, buckets: LATENCY_BUCKETS_SECONDS });
  }

  /** A block was signed. */
  notice(): void {
    this.#wake?.abort();
  }

  /** True where the chain holds all that was signed for its current term. */
  get isDone(): boolean {
    const { view, journal, chain } = this.#deps;
    return nextSubmission(view.term, journal.signerState(chain.operator)).kind !== "submit";
  }

  /** Submits until `signal` aborts. Throws `SignerStateError` where the chain contradicts the journal. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let waitMs = this.#options.idleMs;
      try {
        const didSubmit = await this.submitOnce(signal);
        this.#failures = 0;
        if (didSubmit) continue;
      } catch (error) {
        if (signal.aborted) return;
        if (!isRetryable(error)) throw error;
        this.#failures += 1;
        const { retryDelayMs, retryDelayMaxMs } = this.#options;
        waitMs = backoffMs(this.#deps.env, { baseDelayMs: retryDelayMs, maxDelayMs: retryDelayMaxMs }, this.#failures);
        this.#deps.logger.warn("batch could not be submitted yet", { failures: this.#failures, error });
      }
      await this.#rest(waitMs, signal);
    }
  }

  /** Throws `SignerStateError` where the chain contradicts the journal. */
  checkSignerState(): void {
    const { view, journal, chain } = this.#deps;
    const submission = nextSubmission(view.term, journal.signerState(chain.operator));
    if (submission.kind === "behind") {
      const expected = `a journal up to at least block ${submission.accepted}, which the chain accepted`;
      throw new SignerStateError({ expected, found: `${submission.signed}` });
    }
    if (submission.kind === "conflict") {
      throw new SignerStateError({ expected: `our own block at number ${submission.number}`, found: "another's, under our key" });
    }
  }

  /** One step: true where a batch was handed over and the chain moved. */
  async submitOnce(signal: AbortSignal): Promise<boolean> {
    const { view, journal, chain } = this.#deps;
    this.checkSignerState();
    const submission = nextSubmission(view.term, journal.signerState(chain.operator));
    if (submission.kind === "submit") return this.#submit(signal);
    if (submission.kind === "idle") await journal.release(view.term.term, view.term.acceptedNumber);
    return false;
  }

  async #submit(signal: AbortSignal): Promise<boolean> {
    const { view, journal, chain, env } = this.#deps;
    const { term, acceptedNumber, acceptedHash } = view.term;
    const blocks = journal.blocks.filter((block) => block.term === term && block.number > acceptedNumber);
    const cut = cutBatch(
      term,
      acceptedNumber + 1n,
      acceptedHash,
      blocks.map(({ posted }) => posted),
      view.limits,
    );
    const batchId = this.#idOf(cut, blocks);
    await env.step("sequencer.batch-cut");
    const startMs = env.clock.monotonicMs();
    const submitted = await chain.submit(cut.batch, cut.bytes, signal);
    await env.step("sequencer.batch-answered");
    this.#batches.increment({ outcome: submitted.kind });
    if (submitted.kind === "rejected") return this.#onRejected(submitted, batchId);
    await view.refresh();
    if (submitted.kind === "stale") {
      this.#deps.logger.warn("chain stands elsewhere", { batchId: toHex(batchId), reason: submitted.reason });
      return false;
    }
    const { height, gasUsed, isRepeated } = submitted.accepted;
    this.#duration.observe((env.clock.monotonicMs() - startMs) / 1000);
    this.#bytes.increment({}, cut.bytes.length);
    const size = { blocks: cut.batch.blocks.length, rows: cut.rows, bytes: cut.bytes.length };
    this.#deps.logger.info("batch accepted", { batchId: toHex(batchId), height, gasUsed, isRepeated, ...size });
    await journal.release(view.term.term, view.term.acceptedNumber);
    return true;
  }

  /** The same blocks give the same id, whoever resubmits them, however often (T33). */
  #idOf({ batch }: CutBatch, blocks: readonly JournalBlock[]): BatchId {
    const last = blocks[batch.blocks.length - 1];
    if (last === undefined) throw new RangeError("a batch has at least one block");
    return computeBatchId(this.#options.chainId, batch.term, batch.firstNumber, batch.blocks.length, last.hash);
  }

  /** No block of it may be signed anew under its number, so all that is left is to say so loudly and to ask again: another term will pass it. */
  #onRejected(rejected: { codespace: string; code: number; reason: string }, batchId: BatchId): boolean {
    this.#deps.logger.error("chain rejects a batch", { batchId: toHex(batchId), ...rejected });
    throw new BatchRejectedError(toHex(batchId), rejected.reason);
  }

  async #rest(durationMs: number, signal: AbortSignal): Promise<void> {
    this.#wake = new AbortController();
    await pause(this.#deps.env, durationMs, AbortSignal.any([signal, this.#wake.signal]));
    this.#wake = undefined;
  }
}

/** The chain refuses a batch for what it holds; the next look may find another term. */
export class BatchRejectedError extends BaseError<"BATCH_REJECTED"> {
  override readonly retryable = true;
  readonly details: { readonly batchId: string; readonly reason: string };
  constructor(batchId: string, reason: string) {
    super("BATCH_REJECTED", `batch ${batchId} rejected: ${reason}`);
    this.details = { batchId, reason };
  }
}
