import { assert, BaseError, backoffMs, bytesEqual, type Env, isRetryable, type TimerHandle } from "@lamina/primitives";
import type { Subject } from "../subjects.ts";
import { OutboxFile } from "./outbox-file.ts";
import type { OutboxEntry } from "./outbox-log.ts";
import { outboxMessageId, roundOf } from "./resend-rounds.ts";

const RETRY_DELAYS = { baseDelayMs: 200, maxDelayMs: 5_000 };
const COMPACT_AT_BYTES = 4 * 1024 * 1024;
const SENDS_AT_ONCE = 64;

export interface OutboxOptions {
  readonly path: string;
  /** An entry that is not settled this long after its adding is sent anew (later ever more rarely). Longer than a result takes to become final. */
  readonly resendAfterMs: number;
  /** Bytes that may wait; beyond it `add` refuses, which is the worker's sign to take no more jobs. */
  readonly bytesMax: number;
  readonly compactAtBytes?: number;
  readonly sendsAtOnce?: number;
}

export interface OutboxDependencies {
  readonly env: Pick<Env, "clock" | "timers" | "random" | "files" | "step">;
  /** Hands one message over and resolves when it is stored; usually `bus.append`. */
  readonly send: (subject: Subject, payload: Uint8Array, messageId: string) => Promise<unknown>;
  /** Told of errors that no repetition will cure; the entry stays and is tried at its next round. */
  readonly onFault: (what: string, error: unknown) => void;
}

/** No room: what is there must become final first. */
export class OutboxFullError extends BaseError<"OUTBOX_FULL"> {
  override readonly retryable = true;
  readonly details: { readonly limitBytes: number; readonly foundBytes: number };
  constructor(details: { limitBytes: number; foundBytes: number }) {
    super("OUTBOX_FULL", `the outbox holds at most ${details.limitBytes} bytes, found ${details.foundBytes}`);
    this.details = details;
  }
}

/** One id, two contents. */
export class OutboxConflictError extends BaseError<"OUTBOX_CONFLICT"> {
  readonly details: { readonly id: string };
  constructor(id: string) {
    super("OUTBOX_CONFLICT", `the outbox holds ${id} with another content`);
    this.details = { id };
  }
}

/** `ready`: waits for a free send; `sending`; `failed`: waits for the retry timer or a new connection; `sent`: waits for its next round. */
type SendState = "ready" | "sending" | "failed" | "sent";

interface Sendable {
  readonly entry: OutboxEntry;
  state: SendState;
  /** The round that `sent` stands for. */
  round: number;
}

interface Word {
  /** Undefined where the word is: settled. */
  readonly payload: Uint8Array | undefined;
  readonly done: Promise<void>;
}

/**
 * Keeps each message on disk and sends it until it is settled: no accepted work has a stream for its only copy (T17). `settle` it when the chain
 * says final. Sending is at least once; message ids make the repetitions harmless.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #dependencies: OutboxDependencies;
  readonly #file: OutboxFile;
  readonly #sendables = new Map<string, Sendable>();
  /** The last word on an id, while the disk has not confirmed it. */
  readonly #latest = new Map<string, Word>();
  #ready: Sendable[] = [];
  #addingBytes = 0;
  #sendingCount = 0;
  #failuresInARow = 0;
  #roundTimer: TimerHandle | undefined;
  #retryTimer: TimerHandle | undefined;

  private constructor(options: OutboxOptions, dependencies: OutboxDependencies, file: OutboxFile) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#file = file;
  }

  /** Reads what waits; nothing is sent before `start`. Throws `OutboxCorruptError`, `FileError`. */
  static async open(options: OutboxOptions, dependencies: OutboxDependencies): Promise<Outbox> {
    const fileOptions = { path: options.path, compactAtBytes: options.compactAtBytes ?? COMPACT_AT_BYTES };
    const outbox = new Outbox(options, dependencies, await OutboxFile.open(fileOptions, dependencies.env));
    for (const entry of outbox.#file.entries.values()) outbox.#enqueue(entry);
    return outbox;
  }

  get size(): number {
    return this.#file.entries.size;
  }

  get bytes(): number {
    return this.#file.liveBytes;
  }

  has(id: string): boolean {
    return this.#file.entries.has(id);
  }

  /** What waits to become final, in the order of its adding. */
  entries(): IterableIterator<OutboxEntry> {
    return this.#file.entries.values();
  }

  /** Begins to send: what was there before first. */
  start(): void {
    assert(this.#roundTimer === undefined, "an outbox is started once");
    this.#roundTimer = this.#dependencies.env.timers.setInterval(() => this.#startRounds(), Math.max(1, this.#options.resendAfterMs / 4));
    this.#roundTimer.unref();
    this.#pump();
  }

  /**
   * Resolves when the message is on the disk; sending goes on by itself. An id that waits already with the same content is no error. Throws
   * `OutboxFullError`, `OutboxConflictError`, `OutboxFailedError`.
   */
  async add(id: string, subject: Subject, payload: Uint8Array): Promise<void> {
    const word = this.#latest.get(id);
    const known = word === undefined ? this.#file.entries.get(id)?.payload : word.payload;
    if (known !== undefined) {
      if (!bytesEqual(known, payload)) throw new OutboxConflictError(id);
      return word?.done;
    }
    const foundBytes = this.#file.liveBytes + this.#addingBytes + payload.length;
    if (foundBytes > this.#options.bytesMax) throw new OutboxFullError({ limitBytes: this.#options.bytesMax, foundBytes });
    const entry: OutboxEntry = { id, subject, payload: payload.slice(), addedAtMs: this.#dependencies.env.clock.nowMs() };
    this.#addingBytes += payload.length;
    try {
      await this.#say(id, { payload: entry.payload, done: this.#file.write({ kind: "add", entry }) });
    } finally {
      this.#addingBytes -= payload.length;
    }
    // Settled in the same breath: then there is nothing to send.
    if (this.#file.entries.get(id) !== entry) return;
    this.#enqueue(entry);
    this.#pump();
  }

  /** The chain made these final, or they never can be. Resolves when that is on the disk; a crash before only sends them once more. */
  async settle(ids: readonly string[]): Promise<void> {
    await Promise.all(ids.map((id) => this.#settleOne(id)));
  }

  async #settleOne(id: string): Promise<void> {
    const word = this.#latest.get(id);
    const isHeld = word === undefined ? this.#file.entries.has(id) : word.payload !== undefined;
    if (!isHeld) return word?.done;
    this.#sendables.delete(id);
    await this.#say(id, { payload: undefined, done: this.#file.write({ kind: "settle", id }) });
    // One that was added meanwhile has become sendable between our call and its confirmation.
    if (!this.#file.entries.has(id)) this.#sendables.delete(id);
  }

  async #say(id: string, word: Word): Promise<void> {
    this.#latest.set(id, word);
    try {
      await word.done;
    } finally {
      if (this.#latest.get(id) === word) this.#latest.delete(id);
    }
  }

  /** The way is open again: what failed is tried at once. Call it when the bus reconnects. */
  resend(): void {
    this.#failuresInARow = 0;
    for (const sendable of this.#sendables.values()) if (sendable.state === "failed") this.#makeReady(sendable);
    this.#pump();
  }

  /** Sends no more and closes the file; what waits is sent after the next start. */
  async close(): Promise<void> {
    if (this.#roundTimer !== undefined) this.#dependencies.env.timers.clearInterval(this.#roundTimer);
    if (this.#retryTimer !== undefined) this.#dependencies.env.timers.clearTimeout(this.#retryTimer);
    this.#roundTimer = undefined;
    this.#retryTimer = undefined;
    this.#ready = [];
    await this.#file.close();
  }

  #enqueue(entry: OutboxEntry): void {
    const sendable: Sendable = { entry, state: "ready", round: 0 };
    this.#sendables.set(entry.id, sendable);
    this.#ready.push(sendable);
  }

  #makeReady(sendable: Sendable): void {
    sendable.state = "ready";
    this.#ready.push(sendable);
  }

  #startRounds(): void {
    for (const sendable of this.#sendables.values()) {
      if (sendable.state === "sent" && this.#roundOf(sendable.entry) > sendable.round) this.#makeReady(sendable);
    }
    this.#pump();
  }

  #pump(): void {
    const sendsAtOnce = this.#options.sendsAtOnce ?? SENDS_AT_ONCE;
    while (this.#roundTimer !== undefined && this.#sendingCount < sendsAtOnce) {
      const sendable = this.#ready.shift();
      if (sendable === undefined) return;
      if (this.#sendables.get(sendable.entry.id) === sendable) void this.#send(sendable);
    }
  }

  async #send(sendable: Sendable): Promise<void> {
    const { entry } = sendable;
    const round = this.#roundOf(entry);
    sendable.state = "sending";
    this.#sendingCount++;
    try {
      await this.#dependencies.send(entry.subject, entry.payload, outboxMessageId(entry.id, round));
      sendable.state = "sent";
      sendable.round = round;
      this.#failuresInARow = 0;
    } catch (error) {
      this.#onFailure(sendable, round, error);
    }
    this.#sendingCount--;
    this.#pump();
  }

  #onFailure(sendable: Sendable, round: number, error: unknown): void {
    if (!isRetryable(error)) {
      this.#dependencies.onFault("an outbox message cannot be sent now; it is kept and tried at its next round", error);
      sendable.state = "sent";
      sendable.round = round;
      return;
    }
    sendable.state = "failed";
    this.#failuresInARow++;
    if (this.#retryTimer !== undefined || this.#roundTimer === undefined) return;
    const { env } = this.#dependencies;
    this.#retryTimer = env.timers.setTimeout(
      () => {
        this.#retryTimer = undefined;
        for (const each of this.#sendables.values()) if (each.state === "failed") this.#makeReady(each);
        this.#pump();
      },
      backoffMs(env, RETRY_DELAYS, this.#failuresInARow),
    );
  }

  #roundOf(entry: OutboxEntry): number {
    return roundOf(this.#dependencies.env.clock.nowMs() - entry.addedAtMs, this.#options.resendAfterMs).number;
  }
}
