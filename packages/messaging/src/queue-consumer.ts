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

/**
 * Reads a durable consumer. What our process still holds is kept from coming again, so a message is delivered anew only after a failure or a
 * crash, and the count of deliveries is a count of those: past `attemptsMax` it goes to the dead letters before any handler sees it, since a
 * message that kills its reader never gets as far as a verdict (T20).
 */
export class QueueConsumer {
  readonly #queue: ConsumeQueue;
  readonly #dependencies: QueueConsumerDependencies;
  readonly #handler: (message: StreamMessage) => void | Promise<void>;
  /** Oldest extension first: a message extended is put in anew. */
  readonly #held = new Map<bigint, Held>();

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
    const done = message.delivery > this.#queue.attemptsMax ? this.#bury(held) : this.#handle(held);
    done.catch((error: unknown) => {
      this.#dependencies.onFault("a stream message failed and comes again", error);
      held.nak(this.#retryDelayMs(message.delivery));
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
    message.terminate(`not handled in ${this.#queue.attemptsMax} deliveries`);
  }

  /** The same message, leaving `#held` with its verdict. */
  #hold(message: StreamMessage): StreamMessage {
    this.#held.set(message.sequence, { message, extendedMs: this.#dependencies.env.clock.monotonicMs() });
    const final = (verdict: () => void) => {
      this.#held.delete(message.sequence);
      verdict();
    };
    return {
      subject: message.subject,
      payload: message.payload,
      sequence: message.sequence,
      messageId: message.messageId,
      delivery: message.delivery,
      ack: () => final(() => message.ack()),
      nak: (delayMs) => final(() => message.nak(delayMs)),
      working: () => message.working(),
      terminate: (reason) => final(() => message.terminate(reason)),
    };
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
