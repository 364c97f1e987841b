import type { LogId } from "@lamina/codec";
import type { StreamMessage } from "@lamina/messaging";
import { toHex } from "@lamina/primitives";
import { type Arrival, arrive, endOf, type LogQueue, type LogTip, type Segment, settledTo, taken } from "@lamina/rollup";

/** A segment that waits here, with what its block needs to know. */
export interface HeldSegment extends Segment {
  /** A block that holds it refers to this height or a later one. */
  readonly sinceHeight: bigint;
  /** When it arrived, monotonic. */
  readonly arrivedMs: number;
}

/** A segment that came before those it follows. */
interface Early {
  readonly segment: HeldSegment;
  readonly message: StreamMessage;
}

interface Unacknowledged {
  /** Rows of the log that must be durable before the message may go. */
  readonly end: bigint;
  readonly message: StreamMessage;
}

const EARLY_MAX = 256;

/** What becomes of a message here. `early`: it is kept until those before it have come. */
export type Placed = Arrival<HeldSegment> | { readonly kind: "early" };

/** All that is here of one log: its queue, what came too early, and the messages that wait for their rows to be durable. */
export class LogShelf {
  readonly log: LogId;
  #queue: LogQueue<HeldSegment>;
  readonly #early = new Map<bigint, Early>();
  #unacknowledged: Unacknowledged[] = [];
  /** Set once the log forked or holds a row that nobody authorised: nothing more is taken of it. */
  #refusedBecause: string | undefined;
  /** True while a block that was planned from this queue is being made: its front must not move. */
  isLocked = false;

  constructor(log: LogId, tip: LogTip) {
    this.log = log;
    this.#queue = { log, tip, waiting: [] };
  }

  get queue(): LogQueue<HeldSegment> {
    return this.#queue;
  }

  get refusedBecause(): string | undefined {
    return this.#refusedBecause;
  }

  get waitingRows(): number {
    return this.#queue.waiting.reduce((sum, segment) => sum + segment.rows.length, 0);
  }

  /** When the oldest waiting segment arrived. */
  get waitingSinceMs(): number | undefined {
    return this.#queue.waiting[0]?.arrivedMs;
  }

  /** Puts a segment where it belongs; its message gets its verdict now, or once its rows are durable. */
  place(segment: HeldSegment, message: StreamMessage): Placed {
    const arrival = arrive(this.#queue, segment, cutSegment);
    switch (arrival.kind) {
      case "queued":
        this.#queue = arrival.queue;
        this.#owe(segment, message);
        this.#placeEarly();
        return arrival;
      case "known":
        this.#owe(segment, message);
        return arrival;
      case "gap":
        if (this.#early.size >= EARLY_MAX) return arrival;
        this.#early.get(segment.start)?.message.nak(0);
        this.#early.set(segment.start, { segment, message });
        return { kind: "early" };
      case "fork":
        return arrival;
    }
  }

  /** The first `segments` stand in a durable block. */
  take(segments: number): void {
    this.#queue = taken(this.#queue, segments);
    this.#acknowledge();
  }

  /** The chain has come this far. */
  settle(tip: LogTip): void {
    this.#queue = settledTo(this.#queue, tip, cutSegment);
    this.#placeEarly();
    this.#acknowledge();
  }

  /** Where the log ends here: what the next segment must follow. */
  get end(): bigint {
    return endOf(this.#queue).count;
  }

  /** Segments that came too early before `beforeMs` and still wait: handed back. */
  expireEarly(beforeMs: number): StreamMessage[] {
    const expired = [...this.#early].filter(([, { segment }]) => segment.arrivedMs < beforeMs);
    for (const [start] of expired) this.#early.delete(start);
    return expired.map(([, { message }]) => message);
  }

  get hasEarly(): boolean {
    return this.#early.size > 0;
  }

  /** Gives the log up: nothing more is taken of it. Its messages are to be ended. */
  refuse(reason: string): StreamMessage[] {
    this.#refusedBecause = reason;
    return this.handBack();
  }

  /** Drops the waiting rows; gives the messages that had no verdict yet. */
  handBack(): StreamMessage[] {
    const messages = [...this.#unacknowledged.map(({ message }) => message), ...[...this.#early.values()].map(({ message }) => message)];
    this.#queue = { ...this.#queue, waiting: [] };
    this.#unacknowledged = [];
    this.#early.clear();
    return messages;
  }

  #placeEarly(): void {
    for (let next = this.#early.get(this.end); next !== undefined; next = this.#early.get(this.end)) {
      this.#early.delete(next.segment.start);
      const arrival = arrive(this.#queue, next.segment, cutSegment);
      if (arrival.kind === "queued") {
        this.#queue = arrival.queue;
        this.#owe(next.segment, next.message);
      } else {
        next.message.nak(0);
      }
    }
  }

  #owe(segment: Segment, message: StreamMessage): void {
    this.#unacknowledged.push({ end: segment.start + BigInt(segment.rows.length), message });
    this.#acknowledge();
  }

  /** A message goes only when all its rows are in blocks on our disk, or settled on the chain: until then the stream holds them. */
  #acknowledge(): void {
    const { count } = this.#queue.tip;
    for (const { end, message } of this.#unacknowledged) if (end <= count) message.ack();
    this.#unacknowledged = this.#unacknowledged.filter(({ end }) => end > count);
  }
}

/** A log's name as a key. */
export function logKey({ worker, level, param, incarnation }: LogId): string {
  return `${toHex(worker)}/${level}/${param}/${incarnation}`;
}

function cutSegment(segment: HeldSegment, rest: Segment): HeldSegment {
  return { ...rest, sinceHeight: segment.sinceHeight, arrivedMs: segment.arrivedMs };
}
