import type { Env, TimerHandle } from "@lamina/primitives";
import { AppendRefusedError } from "../bus-errors.ts";
import type { ConsumerSpec, StreamSpec } from "../streams.ts";
import { type Subject, subjectMatches } from "../subjects.ts";
import type { Appended, StreamMessage } from "../transport.ts";

interface Stored {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly sequence: bigint;
  readonly messageId: string | undefined;
  readonly storedMs: number;
}

type World = Pick<Env, "timers" | "clock">;

/** One stream in memory, with the rules that the real one is set up for: dedupe window, what gives way when full, age, interest. */
export class MemoryStream {
  readonly spec: StreamSpec;
  readonly #env: World;
  readonly #stored = new Map<bigint, Stored>();
  readonly #consumers = new Map<string, MemoryConsumer>();
  readonly #ids = new Map<string, { readonly sequence: bigint; readonly atMs: number }>();
  #lastSequence = 0n;
  #bytes = 0;

  constructor(spec: StreamSpec, env: World) {
    this.spec = spec;
    this.#env = env;
  }

  get messages(): number {
    return this.#stored.size;
  }

  captures(subject: string): boolean {
    return this.spec.subjects.some((filter) => subjectMatches(filter, subject));
  }

  addConsumer(spec: ConsumerSpec): void {
    if (!this.#consumers.has(spec.durable)) this.#consumers.set(spec.durable, new MemoryConsumer(spec, this.#env, () => this.#release()));
    for (const stored of this.#stored.values()) this.#consumers.get(spec.durable)?.offer(stored);
  }

  consumer(durable: string): MemoryConsumer | undefined {
    return this.#consumers.get(durable);
  }

  append(subject: Subject, payload: Uint8Array, messageId: string | undefined): Appended {
    const nowMs = this.#env.clock.nowMs();
    this.#expire(nowMs);
    const known = messageId === undefined ? undefined : this.#ids.get(messageId);
    if (known !== undefined) return { stream: this.spec.name, sequence: known.sequence, duplicate: true };
    this.#makeRoom(subject, payload.length);
    const stored: Stored = { subject, payload: payload.slice(), sequence: ++this.#lastSequence, messageId, storedMs: nowMs };
    if (messageId !== undefined) this.#ids.set(messageId, { sequence: stored.sequence, atMs: nowMs });
    if (this.spec.retention === "limits" || this.#consumers.size > 0) this.#keep(stored);
    return { stream: this.spec.name, sequence: stored.sequence, duplicate: false };
  }

  #keep(stored: Stored): void {
    this.#stored.set(stored.sequence, stored);
    this.#bytes += stored.payload.length;
    for (const consumer of this.#consumers.values()) consumer.offer(stored);
  }

  #makeRoom(subject: string, bytes: number): void {
    while (this.#bytes + bytes > this.spec.bytesMax) {
      const [oldest] = this.#stored.values();
      if (this.spec.discard === "new" || oldest === undefined)
        throw new AppendRefusedError({ subject, reason: "maximum bytes exceeded", retryable: true });
      this.#drop(oldest);
    }
  }

  #expire(nowMs: number): void {
    for (const [id, { atMs }] of this.#ids) if (nowMs - atMs >= this.spec.dedupeWindowMs) this.#ids.delete(id);
    for (const stored of this.#stored.values()) if (nowMs - stored.storedMs >= this.spec.ageMsMax) this.#drop(stored);
  }

  #release(): void {
    if (this.spec.retention !== "interest") return;
    for (const stored of [...this.#stored.values()]) {
      if ([...this.#consumers.values()].every((consumer) => consumer.isDoneWith(stored.sequence))) this.#drop(stored);
    }
  }

  #drop(stored: Stored): void {
    if (this.#stored.delete(stored.sequence)) this.#bytes -= stored.payload.length;
    for (const consumer of this.#consumers.values()) consumer.forget(stored.sequence);
  }
}

interface Pending {
  readonly stored: Stored;
  deliveries: number;
  /** Set while delivered and without a verdict, or while a refused message waits. */
  timer: TimerHandle | undefined;
}

/** A durable pull consumer in memory: explicit verdicts, a wait for them, a bound on deliveries. */
export class MemoryConsumer {
  readonly #spec: ConsumerSpec;
  readonly #env: World;
  readonly #onDone: () => void;
  readonly #waiting: Pending[] = [];
  readonly #pending = new Map<bigint, Pending>();
  readonly #readers: ((message: StreamMessage) => void)[] = [];
  #offered = 0n;
  #turn = 0;

  constructor(spec: ConsumerSpec, env: World, onDone: () => void) {
    this.#spec = spec;
    this.#env = env;
    this.#onDone = onDone;
  }

  /** Starts delivering to this reader, beside others; returns the way to stop. */
  read(reader: (message: StreamMessage) => void): () => void {
    this.#readers.push(reader);
    queueMicrotask(() => this.#deliver());
    return () => {
      const index = this.#readers.indexOf(reader);
      if (index >= 0) this.#readers.splice(index, 1);
    };
  }

  offer(stored: Stored): void {
    if (stored.sequence <= this.#offered) return;
    this.#offered = stored.sequence;
    const pending: Pending = { stored, deliveries: 0, timer: undefined };
    this.#pending.set(stored.sequence, pending);
    this.#waiting.push(pending);
    queueMicrotask(() => this.#deliver());
  }

  isDoneWith(sequence: bigint): boolean {
    return sequence <= this.#offered && !this.#pending.has(sequence);
  }

  forget(sequence: bigint): void {
    const pending = this.#pending.get(sequence);
    if (pending?.timer !== undefined) this.#env.timers.clearTimeout(pending.timer);
    this.#pending.delete(sequence);
  }

  #deliver(): void {
    while (this.#readers.length > 0 && this.#waiting.length > 0 && this.#pending.size - this.#waiting.length < this.#spec.ackPendingMax) {
      const pending = this.#waiting.shift() as Pending;
      if (this.#pending.get(pending.stored.sequence) !== pending) continue;
      // The server gives up on such a message and keeps it; nobody gets it again.
      if (pending.deliveries >= this.#spec.deliverMax) continue;
      pending.deliveries++;
      this.#wait(pending, this.#spec.ackWaitMs);
      const reader = this.#readers[this.#turn++ % this.#readers.length];
      reader?.(this.#messageOf(pending));
    }
  }

  #wait(pending: Pending, delayMs: number): void {
    if (pending.timer !== undefined) this.#env.timers.clearTimeout(pending.timer);
    pending.timer = this.#env.timers.setTimeout(() => {
      pending.timer = undefined;
      this.#waiting.push(pending);
      this.#deliver();
    }, delayMs);
  }

  #messageOf(pending: Pending): StreamMessage {
    const { stored, deliveries } = pending;
    const delivered = pending.deliveries;
    const isOpen = () => this.#pending.get(stored.sequence) === pending && pending.deliveries === delivered && pending.timer !== undefined;
    const done = () => {
      if (!isOpen()) return;
      this.forget(stored.sequence);
      this.#onDone();
      this.#deliver();
    };
    return {
      subject: stored.subject,
      payload: stored.payload,
      sequence: stored.sequence,
      messageId: stored.messageId,
      delivery: deliveries,
      ack: done,
      terminate: done,
      nak: (delayMs) => isOpen() && this.#wait(pending, delayMs),
      working: () => isOpen() && this.#wait(pending, this.#spec.ackWaitMs),
    };
  }
}
