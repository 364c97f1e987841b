import type { Env, TimerHandle } from "@lamina/primitives";
import { backoffMs } from "@lamina/primitives";
import type { ConsumeQueue } from "./bus.ts";
import { deadLetterSubject } from "./subjects.ts";
import type { BusTransport, Consumption, StreamMessage } from "./transport.ts";

const RETRY_DELAY_MS = 100;
const DEAD_LETTER_TIMEOUT_MS = 5_000;

export interface QueueConsumerDependencies {
  readonly env: Pick<Env, "timers" | "random" | "clock">;
  readonly transport: BusTransport;
  readonly onFault: (what: string, error: unknown) => void;
}

interface Held {
  readonly message: StreamMessage;
  extendedMs: number;
}

/** Postponed messages that are remembered; the oldest are forgotten first, and then count as failed. */
const POSTPONED_MAX = 100_000;

/**
 * Reads a durable consumer. What our process still holds is kept from coming again, so a message is delivered anew only when its handler postponed
 * it, failed, or died with its process. Postponing is no fault; the other two are counted, and past `attemptsMax` the message goes to the dead
 * letters before any handler sees it, since a message that kills its reader never gets as far as a verdict (T20).
 */
export class QueueConsumer {
  readonly #queue: ConsumeQueue;
  readonly #dependencies: QueueConsumerDependencies;
  readonly #handler: (message: StreamMessage) => void | Promise<void>;
  /** Oldest extension first: a message extended is put in anew. */
  readonly #held = new Map<bigint, Held>();
  /** How often each message was postponed by its handler here. */
  readonly #postponed = new Map<bigint, number>();

  constructor(queue: ConsumeQueue, dependencies: QueueConsumerDependencies, handler: (message: StreamMessage) => void | Promise<void>) {
    this.#queue = queue;
    this.#dependencies = dependencies;
    this.#handler = handler;
  }

  async start(): Promise<Consumption> {
    const { timers } = this.#dependencies.env;
    const { stream, durable, prefetch, ackWaitMs } = this.#queue;
    const consumption = await this.#dependencies.transport.consume({ stream, durable, prefetch }, (message) => this.#onMessage(message));
    const extension: TimerHandle = timers.setInterval(() => this.#extend(), ackWaitMs / 4);
    const closed = consumption.closed.then((error) => {
      timers.clearInterval(extension);
      return error;
    });
    return { stop: () => consumption.stop(), closed };
  }

  #onMessage(message: StreamMessage): void {
    const held = this.#hold(message);
    const attempt = message.delivery - (this.#postponed.get(message.sequence) ?? 0);
    const done = attempt > this.#queue.attemptsMax ? this.#bury(held) : this.#handle(held);
    done.catch((error: unknown) => {
      this.#dependencies.onFault("a stream message failed and comes again", error);
      this.#held.delete(message.sequence);
      message.nak(this.#retryDelayMs(attempt));
    });
  }

  async #handle(message: StreamMessage): Promise<void> {
    await this.#handler(message);
  }

  async #bury(message: StreamMessage): Promise<void> {
    const { stream, durable } = this.#queue;
    await this.#dependencies.transport.append(deadLetterSubject(stream, durable), message.payload, {
      messageId: `${stream}.${durable}.${message.sequence}`,
      timeoutMs: DEAD_LETTER_TIMEOUT_MS,
      headers: { "Lamina-Dead-Subject": message.subject, "Lamina-Dead-Sequence": String(message.sequence) },
    });
    message.terminate(`not handled in ${this.#queue.attemptsMax} attempts`);
  }

  /** The same message, leaving `#held` with its verdict. */
  #hold(message: StreamMessage): StreamMessage {
    this.#held.set(message.sequence, { message, extendedMs: this.#dependencies.env.clock.monotonicMs() });
    const final = (verdict: () => void) => {
      this.#held.delete(message.sequence);
      this.#postponed.delete(message.sequence);
      verdict();
    };
    return {
      subject: message.subject,
      payload: message.payload,
      sequence: message.sequence,
      messageId: message.messageId,
      delivery: message.delivery,
      ack: () => final(() => message.ack()),
      nak: (delayMs) => this.#postpone(message, delayMs),
      working: () => message.working(),
      terminate: (reason) => final(() => message.terminate(reason)),
    };
  }

  #postpone(message: StreamMessage, delayMs: number): void {
    // A second verdict on one delivery is none.
    if (!this.#held.delete(message.sequence)) return;
    const count = (this.#postponed.get(message.sequence) ?? 0) + 1;
    this.#postponed.delete(message.sequence);
    this.#postponed.set(message.sequence, count);
    const [oldest] = this.#postponed.keys();
    if (this.#postponed.size > POSTPONED_MAX && oldest !== undefined) this.#postponed.delete(oldest);
    message.nak(delayMs);
  }

  #extend(): void {
    const nowMs = this.#dependencies.env.clock.monotonicMs();
    for (const [sequence, held] of this.#held) {
      if (nowMs - held.extendedMs < this.#queue.ackWaitMs / 4) break;
      held.message.working();
      held.extendedMs = nowMs;
      this.#held.delete(sequence);
      this.#held.set(sequence, held);
    }
  }

  #retryDelayMs(delivery: number): number {
    const options = { baseDelayMs: RETRY_DELAY_MS, maxDelayMs: this.#queue.retryDelayMaxMs };
    return Math.ceil(backoffMs(this.#dependencies.env, options, delivery));
  }
}
