import type { Signer, VerifySignature } from "@lamina/codec";
import { type Bus, type Consumption, RESULTS_ACK_WAIT_MS, RESULTS_STREAM, resultsDurable, type Unsubscribe } from "@lamina/messaging";
import { type ChainId, type Env, toHex } from "@lamina/primitives";
import { nextSubmission } from "@lamina/rollup";
import type { Logger, Metrics } from "@lamina/telemetry";
import { Submitter } from "./batches/submitter.ts";
import { Authoriser } from "./blocks/authorise.ts";
import { BlockBuilder } from "./blocks/block-builder.ts";
import type { SequencerChain } from "./chain-port.ts";
import { ChainView, pause } from "./chain-view.ts";
import { FaultReporter } from "./faults/fault-reporter.ts";
import { HeadWatch } from "./faults/head-watch.ts";
import { Directory } from "./intake/directory.ts";
import { Intake } from "./intake/intake.ts";
import { Journal } from "./journal/journal.ts";
import { journalTip } from "./journal/journal-tip.ts";
import { LeftLying } from "./terms/left-lying.ts";
import { TakeOver } from "./terms/take-over.ts";

export interface SequencerOptions {
  readonly chainId: ChainId;
  /** Names this sequencer on the bus. */
  readonly sequencerId: string;
  readonly journalDirectory: string;
  readonly journalFileBytesMax: number;
  /** Where the evidence of workers' faults is kept. */
  readonly faultsDirectory: string;
  readonly blockIntervalMs: number;
  readonly blockRowsMax: number;
  readonly unsettledRowsMax: number;
  /** How long a block waits for its lanes' spenders. */
  readonly spendDeadlineMs: number;
  readonly chainPollMs: number;
  /** Whether a term is taken when the chain would give it, and how often that is looked at. */
  readonly takesOver: boolean;
  readonly takeOverPollMs: number;
  /** How long a run may lie before the term's holder counts as gone. */
  readonly lyingMs: number;
  /** How old the knowledge that a term is ours may be when a header is signed. */
  readonly termTrustMs: number;
  /** Stream messages held at most. */
  readonly prefetch: number;
  /** How long stopping may wait for the last batch. */
  readonly drainMs: number;
}

export interface SequencerDependencies {
  readonly env: Env;
  readonly bus: Bus;
  readonly chain: SequencerChain;
  readonly signer: Signer;
  readonly verify: VerifySignature;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** How the service stands, for whoever asks over HTTP. */
export interface SequencerStatus {
  readonly duty: "ours" | "other" | "nobody";
  readonly term: string;
  readonly acceptedNumber: string;
  readonly unsettledBlocks: number;
  readonly waitingRows: number;
  readonly isChainReachable: boolean;
  readonly isBusConnected: boolean;
  /** Set once a part has failed for good. */
  readonly failure?: string;
}

const SWEEP_MS = 250;

/** The whole sequencer: intake, blocks, batches. Safe to kill anywhere; what it signed is in its journal. */
export class Sequencer {
  readonly #options: SequencerOptions;
  readonly #deps: SequencerDependencies;
  readonly #journal: Journal;
  readonly #view: ChainView;
  readonly #intake: Intake;
  readonly #builder: BlockBuilder;
  readonly #submitter: Submitter;
  readonly #takeOver: TakeOver;
  readonly #reporter: FaultReporter;
  readonly #headWatch: HeadWatch;
  readonly #building = new AbortController();
  readonly #submitting = new AbortController();
  readonly #loops: Promise<void>[] = [];
  #consumption: Consumption | undefined;
  #heads: Unsubscribe | undefined;
  #failure: Error | undefined;
  #onFailure: (error: Error) => void = () => undefined;
  /** Resolves with the error once a part fails for good: the process should end, and a restart will look at the journal anew. */
  readonly failed: Promise<Error>;

  private constructor(options: SequencerOptions, dependencies: SequencerDependencies, journal: Journal, view: ChainView, reporter: FaultReporter) {
    this.#options = options;
    this.#deps = dependencies;
    this.#journal = journal;
    this.#view = view;
    this.#reporter = reporter;
    this.failed = new Promise((resolve) => {
      this.#onFailure = resolve;
    });
    const { env, bus, chain, signer, verify, logger, metrics } = dependencies;
    const { chainId, sequencerId, blockIntervalMs, blockRowsMax, unsettledRowsMax, spendDeadlineMs, termTrustMs } = options;
    const leftLying = new LeftLying();
    const directory = new Directory(chain);
    this.#headWatch = new HeadWatch(chainId, { bus, directory, verify, reporter, logger });
    this.#intake = new Intake(
      { chainId, runRowsMax: blockRowsMax, earlyWaitMs: 2_000, unknownRetryMs: 1_000 },
      {
        env,
        chain,
        directory,
        verify,
        onHead: (signed) => this.#headWatch.see(signed),
        logger,
        metrics,
        duty: () => this.#duty(),
        journalTip: (log) => journalTip(journal.blocks, view.term.term, log),
        onPassed: (log, count) => leftLying.note(log, count, env.clock.monotonicMs()),
        onRows: () => this.#builder.notice(),
      },
    );
    const authoriser = new Authoriser({ chainId, deadlineMs: spendDeadlineMs, restMs: 5_000 }, { env, bus, directory, verify, logger, metrics });
    this.#builder = new BlockBuilder(
      { chainId, sequencerId, operator: chain.operator, blockIntervalMs, blockRowsMax, unsettledRowsMax, termTrustMs },
      { env, view, intake: this.#intake, authoriser, signer, journal, bus, logger, metrics, onBlock: () => this.#submitter.notice() },
    );
    this.#submitter = new Submitter(
      { chainId, idleMs: options.chainPollMs, retryDelayMs: 100, retryDelayMaxMs: 5_000 },
      { env, chain, view, journal, logger, metrics },
    );
    this.#takeOver = new TakeOver({ pollMs: options.takeOverPollMs, lyingMs: options.lyingMs }, { env, chain, view, journal, leftLying, logger });
    view.onTerm(() => {
      this.#intake.forget();
      leftLying.clear();
    });
  }

  /**
   * Reads journal, evidence and chain, and starts. Throws `JournalError` for a damaged or another's journal, `EvidenceError`, `SignerStateError` where the chain holds blocks of
   * our term that the journal does not (I34), and the chain's errors where it does not answer.
   */
  static async start(options: SequencerOptions, dependencies: SequencerDependencies): Promise<Sequencer> {
    const { env, signer, chain, logger, metrics } = dependencies;
    const { chainId, journalDirectory, journalFileBytesMax, chainPollMs } = options;
    const journalOptions = { directory: journalDirectory, chainId, key: signer.publicKey, fileBytesMax: journalFileBytesMax };
    const journal = await Journal.open(journalOptions, { env, logger });
    const retries = { retryDelayMs: 200, retryDelayMaxMs: 10_000 };
    const reporter = await FaultReporter.open({ directory: options.faultsDirectory, ...retries }, { env, chain, logger, metrics });
    const view = new ChainView({ pollMs: chainPollMs, limitsPollMs: 30_000 }, { env, chain, logger, metrics });
    await view.refresh();
    const sequencer = new Sequencer(options, dependencies, journal, view, reporter);
    await sequencer.#begin();
    return sequencer;
  }

  get status(): SequencerStatus {
    const { term, acceptedNumber } = this.#view.term;
    return {
      duty: this.#duty(),
      term: `${term}`,
      acceptedNumber: `${acceptedNumber}`,
      unsettledBlocks: this.#journal.blocks.length,
      waitingRows: this.#intake.waitingRows,
      isChainReachable: this.#view.isReachable,
      isBusConnected: this.#deps.bus.isConnected,
      ...(this.#failure === undefined ? {} : { failure: this.#failure.message }),
    };
  }

  /** Takes no more, puts what waits into a last block, and gives the chain a while to hold it. What it does not hold then, the journal does. */
  async stop(): Promise<void> {
    const { env, logger } = this.#deps;
    await Promise.all([this.#consumption?.stop(), this.#heads?.drain()]);
    this.#building.abort();
    if (this.#failure === undefined) await this.#builder.flush();
    const untilMs = env.clock.monotonicMs() + this.#options.drainMs;
    while (!this.#submitter.isDone && this.#failure === undefined && env.clock.monotonicMs() < untilMs) await env.timers.sleep(50);
    this.#submitting.abort();
    await Promise.all(this.#loops);
    await this.#journal.close();
    logger.info("sequencer stopped", { unsettledBlocks: this.#journal.blocks.length });
  }

  async #begin(): Promise<void> {
    const { bus, chain, signer, logger } = this.#deps;
    const { sequencerId, prefetch, takesOver } = this.#options;
    // Before anything is signed: an old journal must stop us here.
    this.#submitter.checkSignerState();
    this.#headWatch.recall(this.#journal.blocks);
    this.#heads = this.#headWatch.listen();
    const { signal } = this.#building;
    this.#run("chain view", this.#view.follow(this.#submitting.signal));
    this.#run("submitter", this.#submitter.run(this.#submitting.signal));
    this.#run("builder", this.#builder.run(signal));
    this.#run("fault reporter", this.#reporter.run(this.#submitting.signal));
    this.#run("sweeper", this.#sweep(signal));
    if (takesOver) this.#run("take-over", this.#takeOver.run(signal));
    const queue = {
      stream: RESULTS_STREAM,
      durable: resultsDurable(sequencerId),
      prefetch,
      attemptsMax: 25,
      retryDelayMaxMs: 5_000,
      ackWaitMs: RESULTS_ACK_WAIT_MS,
    };
    this.#consumption = await bus.consume(queue, (message) => this.#intake.handle(message));
    const { term } = this.#view.term;
    logger.info("sequencer started", { operator: chain.operator, key: toHex(signer.publicKey), term, duty: this.#duty() });
  }

  #duty(): "ours" | "other" | "nobody" {
    if (this.#view.term.term === 0n) return "nobody";
    const { kind } = nextSubmission(this.#view.term, this.#journal.signerState(this.#deps.chain.operator));
    return kind === "standby" ? "other" : "ours";
  }

  async #sweep(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#intake.sweep();
      } catch (error) {
        this.#deps.logger.warn("chain does not answer while early runs wait", { error });
      }
      await pause(this.#deps.env, SWEEP_MS, signal);
    }
  }

  #run(name: string, loop: Promise<void>): void {
    const guarded = loop.catch((error: unknown) => {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      this.#deps.logger.error("part of the sequencer failed", { part: name, error });
      this.#onFailure(this.#failure);
    });
    this.#loops.push(guarded);
  }
}
