import type { LogId, VerifySignature } from "@lamina/codec";
import type { StreamMessage } from "@lamina/messaging";
import { type ChainId, type Env, toHex } from "@lamina/primitives";
import type { LogTip, Segment } from "@lamina/rollup";
import type { Counter, Gauge, Logger, Metrics } from "@lamina/telemetry";
import type { SequencerChain } from "../chain-port.ts";
import type { SignedHead } from "../faults/head-fault.ts";
import type { Directory } from "./directory.ts";
import { type HeldSegment, LogShelf, logKey } from "./log-shelf.ts";
import { readRun } from "./read-run.ts";

export interface IntakeOptions {
  readonly chainId: ChainId;
  /** More rows than this in one run never fit a block. */
  readonly runRowsMax: number;
  /** How long a run may wait for those before it. */
  readonly earlyWaitMs: number;
  /** Before a run of something unknown to the chain is tried again. */
  readonly unknownRetryMs: number;
}

export interface IntakeDependencies {
  readonly env: Pick<Env, "clock" | "step">;
  readonly chain: SequencerChain;
  readonly directory: Directory;
  readonly verify: VerifySignature;
  /** Told of every signed head. Gives false where it contradicts an earlier one, once the evidence is on the disk. */
  readonly onHead: (signed: SignedHead) => Promise<boolean>;
  /** Whose term it is: ours, another's, or nobody's yet. */
  readonly duty: () => "ours" | "other" | "nobody";
  /** How far the signer's journal has come in a log; undefined where it holds nothing of it. */
  readonly journalTip: (log: LogId) => LogTip | undefined;
  /** Told of each run that is left to the holder of the term: `count` rows of the log are then to be settled. */
  readonly onPassed: (log: LogId, count: bigint) => void;
  /** Called when rows are there to be put into a block. */
  readonly onRows: () => void;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Takes published runs off the stream, checks them and keeps them in order, log by log. */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #deps: IntakeDependencies;
  readonly #shelves = new Map<string, LogShelf>();
  readonly #opening = new Map<string, Promise<LogShelf>>();
  /** One message of a log after the other, so that none overtakes while the chain is asked. */
  readonly #turns = new Map<string, Promise<void>>();
  readonly #verdicts: Counter;
  readonly #waiting: Gauge;

  constructor(options: IntakeOptions, dependencies: IntakeDependencies) {
    this.#options = options;
    this.#deps = dependencies;
    const { metrics } = dependencies;
    this.#verdicts = metrics.counter({ name: "lamina_sequencer_runs_total", help: "Published runs by verdict", labelNames: ["verdict"] });
    this.#waiting = metrics.gauge({ name: "lamina_sequencer_waiting_rows", help: "Rows that wait for a block" });
  }

  /** Shelves with rows waiting, the longest waiting first. */
  get ready(): LogShelf[] {
    const ready = [...this.#shelves.values()].filter(({ waitingSinceMs }) => waitingSinceMs !== undefined);
    this.#waiting.set(ready.reduce((sum, shelf) => sum + shelf.waitingRows, 0));
    return ready.sort((left, right) => (left.waitingSinceMs ?? 0) - (right.waitingSinceMs ?? 0));
  }

  get waitingRows(): number {
    return [...this.#shelves.values()].reduce((sum, shelf) => sum + shelf.waitingRows, 0);
  }

  /** One message of the stream. Rejects where the chain does not answer: the message then comes again. */
  async handle(message: StreamMessage): Promise<void> {
    const { chainId, runRowsMax, unknownRetryMs } = this.#options;
    if (this.#deps.duty() === "nobody") return message.nak(unknownRetryMs);
    const run = readRun(chainId, message.payload, this.#deps.verify, runRowsMax);
    if (run.kind === "refused") return this.#end([message], run.reason);
    const key = logKey(run.log);
    const segment = { ...run.segment, sinceHeight: 0n, arrivedMs: this.#deps.env.clock.monotonicMs() };
    const turn = (this.#turns.get(key) ?? Promise.resolve()).then(() => this.#take(key, run.log, segment, message));
    const settled = turn.catch(() => undefined);
    this.#turns.set(key, settled);
    try {
      await turn;
    } finally {
      if (this.#turns.get(key) === settled) this.#turns.delete(key);
    }
  }

  /** Hands back what waited too long for those before it, once the chain was asked whether it has come further. */
  async sweep(): Promise<void> {
    const beforeMs = this.#deps.env.clock.monotonicMs() - this.#options.earlyWaitMs;
    for (const shelf of this.#shelves.values()) {
      if (!shelf.hasEarly) continue;
      await this.#catchUp(shelf);
      for (const message of shelf.expireEarly(beforeMs)) message.nak(this.#options.earlyWaitMs);
    }
  }

  /** Gives a log up. Its messages are ended: the stream need not keep what can never be in a block. */
  refuse(shelf: LogShelf, reason: string): void {
    this.#end(shelf.refuse(reason), reason);
    this.#deps.logger.error("log refused", { log: logKey(shelf.log), reason });
  }

  /** Forgets everything, because another term begins: what waits comes again now, what was in dead blocks comes from the workers' outboxes. */
  forget(): void {
    for (const shelf of this.#shelves.values()) for (const message of shelf.handBack()) message.nak(0);
    this.#shelves.clear();
    this.#opening.clear();
  }

  async #take(key: string, log: LogId, segment: HeldSegment, message: StreamMessage): Promise<void> {
    const isSound = await this.#deps.onHead(headOf(log, segment));
    if (!isSound) return this.#end([message], "its head contradicts another that its worker signed");
    // Another sequences: what it leaves out comes again from the workers' outboxes, so our copy need not fill the stream.
    if (this.#deps.duty() === "other") {
      this.#deps.onPassed(log, segment.start + BigInt(segment.rows.length));
      return message.ack();
    }
    const known = await this.#deps.directory.knows(log, segment);
    if (known.kind === "unknown") {
      this.#deps.logger.warn("run names what the chain does not know", { log: key, what: known.what });
      this.#verdicts.increment({ verdict: "unknown" });
      return message.nak(this.#options.unknownRetryMs);
    }
    const shelf = await this.#shelf(key, log);
    if (shelf.refusedBecause !== undefined) return this.#end([message], shelf.refusedBecause);
    const placed = shelf.place({ ...segment, sinceHeight: known.sinceHeight }, message);
    this.#verdicts.increment({ verdict: placed.kind });
    await this.#deps.env.step("sequencer.run-placed");
    if (placed.kind === "queued") return this.#deps.onRows();
    if (placed.kind === "gap") return message.nak(this.#options.earlyWaitMs);
    if (placed.kind === "fork") return this.#onFork(shelf, message, placed.at);
    if (placed.kind === "early") await this.#catchUp(shelf);
  }

  #onFork(shelf: LogShelf, message: StreamMessage, at: bigint): void {
    // What it signed first stands and will be settled. Where its heads of one count are both known the chain is told; two that end elsewhere prove
    // nothing to it.
    this.#end([message], `forked log at ${at}`);
    this.#deps.logger.error("worker forked its log", { worker: toHex(shelf.log.worker), at });
  }

  #end(messages: readonly StreamMessage[], reason: string): void {
    for (const message of messages) {
      this.#verdicts.increment({ verdict: "refused" });
      this.#deps.logger.warn("run refused", { reason, subject: message.subject, sequence: message.sequence });
      message.terminate(reason);
    }
  }

  /** A forced run may have moved the log on the chain past what is here. */
  async #catchUp(shelf: LogShelf): Promise<void> {
    const tip = await this.#deps.chain.logTip(shelf.log);
    if (tip.count <= shelf.queue.tip.count || shelf.isLocked) return;
    shelf.settle(tip);
    this.#deps.onRows();
  }

  #shelf(key: string, log: LogId): Promise<LogShelf> {
    const found = this.#shelves.get(key);
    if (found !== undefined) return Promise.resolve(found);
    const opening = this.#opening.get(key) ?? this.#open(key, log);
    this.#opening.set(key, opening);
    return opening;
  }

  async #open(key: string, log: LogId): Promise<LogShelf> {
    try {
      const [chainTip, journalTip] = [await this.#deps.chain.logTip(log), this.#deps.journalTip(log)];
      const tip = journalTip !== undefined && journalTip.count >= chainTip.count ? journalTip : chainTip;
      const shelf = new LogShelf(log, tip);
      this.#shelves.set(key, shelf);
      return shelf;
    } finally {
      this.#opening.delete(key);
    }
  }
}

function headOf(log: LogId, { start, rows, head, signature }: Segment): SignedHead {
  return { log, count: start + BigInt(rows.length), head, signature };
}
