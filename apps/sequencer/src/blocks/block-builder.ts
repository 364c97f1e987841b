import { create, toBinary } from "@bufbuild/protobuf";
import type { LaneAuthorisation, Signer } from "@lamina/codec";
import { type Bus, preconfirmationSubject } from "@lamina/messaging";
import { type ChainId, type Env, FileError, type Signature, toHex } from "@lamina/primitives";
import { bus } from "@lamina/protocol";
import { type BlockDraft, type BlockPlan, draftBlock, finishBlock, nextPlace, nextSubmission, planBlock, rowsThatFit } from "@lamina/rollup";
import { type Histogram, LATENCY_BUCKETS_SECONDS, type Logger, type Metrics } from "@lamina/telemetry";
import { type ChainView, pause } from "../chain-view.ts";
import type { Intake } from "../intake/intake.ts";
import type { HeldSegment, LogShelf } from "../intake/log-shelf.ts";
import type { Journal } from "../journal/journal.ts";
import { JournalError, journalBlock } from "../journal/journal-record.ts";
import type { Authoriser } from "./authorise.ts";

export interface BlockBuilderOptions {
  readonly chainId: ChainId;
  /** Names us in subjects. */
  readonly sequencerId: string;
  /** The account that submits. */
  readonly operator: string;
  /** Between two blocks, unless one is full. */
  readonly blockIntervalMs: number;
  readonly blockRowsMax: number;
  /** Rows in signed blocks that the chain does not hold yet: beyond it no block is made, so that memory is bounded. */
  readonly unsettledRowsMax: number;
  /** How old our knowledge of the term may be: a process that was stopped, or cut off, may have lost it meanwhile. */
  readonly termTrustMs: number;
}

export interface BlockBuilderDependencies {
  readonly env: Pick<Env, "clock" | "timers" | "step">;
  readonly view: ChainView;
  readonly intake: Intake;
  readonly authoriser: Authoriser;
  readonly signer: Signer;
  readonly journal: Journal;
  readonly bus: Pick<Bus, "notify" | "payloadBytesMax">;
  /** Called when a block is there to be submitted. */
  readonly onBlock: () => void;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Makes blocks of what waits: plan, authorise, sign, write down, and only then show. */
export class BlockBuilder {
  readonly #options: BlockBuilderOptions;
  readonly #deps: BlockBuilderDependencies;
  readonly #rows;
  readonly #duration: Histogram;
  #wake: AbortController | undefined;
  #lastReference = 0n;

  constructor(options: BlockBuilderOptions, dependencies: BlockBuilderDependencies) {
    this.#options = options;
    this.#deps = dependencies;
    const { metrics } = dependencies;
    this.#rows = metrics.counter({ name: "lamina_sequencer_block_rows_total", help: "Rows put into signed blocks" });
    const buckets = LATENCY_BUCKETS_SECONDS;
    this.#duration = metrics.histogram({ name: "lamina_sequencer_block_seconds", help: "From plan to durable block", buckets });
  }

  /** Rows arrived: a block that is now full need not wait for its time. */
  notice(): void {
    if (this.#deps.intake.waitingRows >= this.#options.blockRowsMax) this.#wake?.abort();
  }

  /** Builds until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const startMs = this.#deps.env.clock.monotonicMs();
      const built = await this.#tryBuild();
      const spentMs = this.#deps.env.clock.monotonicMs() - startMs;
      const isFull = built && this.#deps.intake.waitingRows >= this.#options.blockRowsMax;
      if (!isFull) await this.#rest(Math.max(1, this.#options.blockIntervalMs - spentMs), signal);
    }
  }

  /** One last block of what is there, for a process that ends. */
  async flush(): Promise<void> {
    while (await this.#tryBuild());
  }

  async #tryBuild(): Promise<boolean> {
    try {
      return await this.#build();
    } catch (error) {
      // A block that could not be written down was never shown; the rows still wait.
      this.#deps.logger.error("block could not be made", { error });
      if (isFatal(error)) throw error;
      return false;
    }
  }

  async #build(): Promise<boolean> {
    const shelves = this.#deps.intake.ready;
    const plan = this.#plan(shelves);
    if (plan === undefined) return false;
    const startMs = this.#deps.env.clock.monotonicMs();
    const locked = shelves.filter(({ queue }) => plan.runs.some((run) => run.queue === queue));
    for (const shelf of locked) shelf.isLocked = true;
    try {
      await this.#deps.env.step("sequencer.block-planned");
      const draft = this.#draft(plan);
      const authorised = await this.#deps.authoriser.authorise(draft.lanes);
      if (authorised.kind === "unauthorised") {
        for (const { row } of authorised.rows) this.#refuseLogOf(locked, row.worker, row.incarnation);
        return true;
      }
      if (!this.#isStillOurs(draft)) return false;
      await this.#finish(draft, authorised.authorisations, plan, locked);
    } finally {
      for (const shelf of locked) shelf.isLocked = false;
    }
    this.#duration.observe((this.#deps.env.clock.monotonicMs() - startMs) / 1000);
    return true;
  }

  #plan(shelves: readonly LogShelf[]): BlockPlan<HeldSegment> | undefined {
    const { view, journal } = this.#deps;
    const { operator, blockRowsMax, unsettledRowsMax } = this.#options;
    if (shelves.length === 0) return undefined;
    const submission = nextSubmission(view.term, journal.signerState(operator));
    if (submission.kind !== "idle" && submission.kind !== "submit") return undefined;
    if (!view.isFresh(this.#options.termTrustMs)) return undefined;
    const unsettled = journal.blocks.reduce((sum, { posted }) => sum + posted.rows.length, 0);
    if (unsettled >= unsettledRowsMax) return undefined;
    const { bytesMax, rowsMax, blockRunsMax } = view.limits;
    const runsMax = Math.min(blockRunsMax, 1024);
    const limits = { rowsMax: Math.min(blockRowsMax, rowsMax, rowsThatFit(bytesMax, runsMax)), runsMax };
    return planBlock(
      shelves.map(({ queue }) => queue),
      limits,
    );
  }

  /** Spenders may take a while, and a stopped process any time: nothing is signed for a term that may be over. */
  #isStillOurs({ placed }: BlockDraft): boolean {
    const { view } = this.#deps;
    return view.isFresh(this.#options.termTrustMs) && view.term.term === placed.header.term;
  }

  #draft(plan: BlockPlan<HeldSegment>): BlockDraft {
    const { view, journal } = this.#deps;
    const { chainId, operator } = this.#options;
    const place = nextPlace(view.term, journal.signerState(operator));
    const last = journal.blocks.at(-1)?.posted.referenceHeight ?? 0n;
    const since = plan.runs.flatMap(({ segments }) => segments.map(({ sinceHeight }) => sinceHeight));
    // Never falls, and everything named is registered by then.
    this.#lastReference = [view.height, last, ...since].reduce(larger, this.#lastReference);
    return draftBlock(plan, { chainId, term: view.term.term, ...place, referenceHeight: this.#lastReference });
  }

  async #finish(draft: BlockDraft, authorisations: readonly LaneAuthorisation[], plan: BlockPlan, shelves: readonly LogShelf[]): Promise<void> {
    const { env, signer, journal, logger } = this.#deps;
    const { placed } = draft;
    const signature = (await signer.sign(placed.bytes)) as Signature;
    const posted = finishBlock(draft, authorisations, signature);
    await env.step("sequencer.block-signed");
    await journal.appendBlock(journalBlock(placed, posted));
    await env.step("sequencer.block-durable");
    for (const { queue, segments } of plan.runs) shelves.find((shelf) => shelf.queue.log === queue.log)?.take(segments.length);
    await env.step("sequencer.block-acknowledged");
    this.#preconfirm(draft, signature);
    this.#rows.increment({}, draft.rows.length);
    const { number, rows, runs } = placed.header;
    logger.info("block signed", { number, rows, runs, lanes: draft.lanes.length, headerHash: toHex(placed.hash) });
    this.#deps.onBlock();
  }

  #preconfirm({ placed, rows }: BlockDraft, signature: Signature): void {
    const leafHashes = rows.map(({ leafHash }) => leafHash);
    const said = { header: placed.bytes, headerHash: placed.hash, sequencerKey: this.#deps.signer.publicKey, signature, leafHashes };
    const payload = toBinary(bus.PreconfirmationSchema, create(bus.PreconfirmationSchema, said));
    try {
      this.#deps.bus.notify(preconfirmationSubject(this.#options.sequencerId), payload);
    } catch (error) {
      // A courtesy: the block stands without it, and the chain tells the same later.
      this.#deps.logger.warn("pre-confirmation could not be published", { number: placed.header.number, error });
    }
  }

  #refuseLogOf(shelves: readonly LogShelf[], worker: Uint8Array, incarnation: number): void {
    const name = toHex(worker);
    const shelf = shelves.find(({ log }) => toHex(log.worker) === name && log.incarnation === incarnation);
    if (shelf !== undefined && shelf.refusedBecause === undefined) this.#deps.intake.refuse(shelf, "a row's job is not signed by its lane's spender");
  }

  async #rest(durationMs: number, signal: AbortSignal): Promise<void> {
    this.#wake = new AbortController();
    await pause(this.#deps.env, durationMs, AbortSignal.any([signal, this.#wake.signal]));
    this.#wake = undefined;
  }
}

/** What leaves no safe way on: the journal's disk. */
function isFatal(error: unknown): boolean {
  return error instanceof JournalError || error instanceof FileError;
}

function larger(left: bigint, right: bigint): bigint {
  return left > right ? left : right;
}
