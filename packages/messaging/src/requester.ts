import type { Env, TimerHandle } from "@lamina/primitives";
import { decodeUtf8, toHex } from "@lamina/primitives";
import type { RequestOptions } from "./bus.ts";
import {
  BusClosedError,
  DeadlineError,
  FrameError,
  NoRespondersError,
  PayloadTooLargeError,
  PermissionError,
  ServiceRefusedError,
} from "./bus-errors.ts";
import { Assembly, HEADER, HEADER_ROOM_BYTES, splitPayload, wholeNumber } from "./frames.ts";
import { callSubject, cancelSubject, type Peer, partSubject, replyFilter, replySubject, type Service, type Subject } from "./subjects.ts";
import type { BusTransport, TransportMessage } from "./transport.ts";

const EMPTY = new Uint8Array();
const INSTANCE_BYTES = 12;

interface Call {
  readonly service: Service;
  readonly subject: Subject;
  readonly reply: Subject;
  readonly resolve: (payload: Uint8Array) => void;
  readonly reject: (reason: unknown) => void;
  readonly timer: TimerHandle;
  readonly forgetSignal: () => void;
  /** Chunks that wait for the service to say where they go. */
  waitingPieces: readonly Uint8Array[];
  assembly: Assembly | undefined;
}

/**
 * The asking side of requests: one subscription for all replies to this process. A reply counts only on the exact subject its call was given,
 * which names the service that may publish there.
 */
export class Requester {
  readonly #transport: BusTransport;
  readonly #env: Pick<Env, "timers">;
  readonly #peer: Peer;
  readonly #limitBytes: number;
  readonly #instance: string;
  readonly #calls = new Map<string, Call>();
  #callCount = 0;
  #whenIdle: (() => void)[] = [];

  constructor(
    options: { readonly peer: Peer; readonly limitBytes: number },
    dependencies: { readonly env: Pick<Env, "timers" | "random">; readonly transport: BusTransport },
  ) {
    this.#peer = options.peer;
    this.#limitBytes = options.limitBytes;
    this.#env = dependencies.env;
    this.#transport = dependencies.transport;
    this.#instance = toHex(dependencies.env.random.bytes(INSTANCE_BYTES));
  }

  request(service: Service, payload: Uint8Array, options: RequestOptions): Promise<Uint8Array> {
    const subject = callSubject(service);
    if (payload.length > this.#limitBytes)
      return Promise.reject(new PayloadTooLargeError({ subject, limitBytes: this.#limitBytes, foundBytes: payload.length }));
    if (options.signal?.aborted === true) return Promise.reject(options.signal.reason);
    // Not before the first call: most roles never ask, and may not listen for answers.
    if (this.#callCount === 0) this.#transport.subscribe(replyFilter(this.#peer, this.#instance), undefined, (message) => this.#onReply(message));
    const id = (this.#callCount++).toString(36);
    return new Promise<Uint8Array>((resolve, reject) => {
      const timer = this.#env.timers.setTimeout(
        () => this.#fail(id, new DeadlineError({ subject, timeoutMs: options.timeoutMs })),
        options.timeoutMs,
      );
      const reply = replySubject(service, this.#peer, this.#instance, id);
      const forgetSignal = this.#followSignal(id, options.signal);
      const call: Call = { service, subject, reply, resolve, reject, timer, forgetSignal, waitingPieces: [], assembly: undefined };
      this.#calls.set(id, call);
      this.#send(call, payload, options.timeoutMs);
    });
  }

  /** Rejects what waits; `why` makes the error for one call's subject. */
  failAll(why: (subject: Subject) => Error): void {
    for (const [id, call] of [...this.#calls]) this.#fail(id, why(call.subject));
  }

  /** The server refused a publication on `subject`. */
  failRefused(subject: string): void {
    for (const [id, call] of [...this.#calls]) {
      if (call.subject === subject) this.#fail(id, new PermissionError({ operation: "publish", subject }));
    }
  }

  /** Resolves when no call waits. */
  idle(): Promise<void> {
    return this.#calls.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  close(): void {
    this.failAll(() => new BusClosedError("closed here"));
  }

  #send(call: Call, payload: Uint8Array, timeoutMs: number): void {
    const timeout = { [HEADER.timeoutMs]: String(Math.ceil(timeoutMs)) };
    const chunkBytes = this.#transport.messageBytesMax - HEADER_ROOM_BYTES;
    const [first = EMPTY, ...rest] = splitPayload(payload, chunkBytes);
    call.waitingPieces = rest;
    const size = rest.length === 0 ? {} : { [HEADER.size]: String(payload.length), [HEADER.chunks]: String(rest.length + 1) };
    this.#transport.publish(call.subject, first, { reply: call.reply, headers: { ...timeout, ...size } });
  }

  #onReply(message: TransportMessage): void {
    const id = message.subject.slice(message.subject.lastIndexOf(".") + 1);
    const call = this.#calls.get(id);
    // An answer that came after its deadline, or on another service's subject: nobody asked for it (T18).
    if (call === undefined || call.reply !== message.subject) return;
    try {
      const payload = this.#read(call, message);
      if (payload !== undefined) this.#settle(id, (settled) => settled.resolve(payload));
    } catch (error) {
      this.#fail(id, error);
    }
  }

  /** The whole answer once it is there. */
  #read(call: Call, message: TransportMessage): Uint8Array | undefined {
    if (message.isNoResponders) throw new NoRespondersError(call.subject);
    const member = message.header(HEADER.continue);
    if (member !== undefined) return this.#sendRest(call, member);
    const reason = message.header(HEADER.error);
    if (reason !== undefined) {
      const retryable = message.header(HEADER.retryable) === "true";
      throw new ServiceRefusedError({ subject: call.subject, reason, text: decodeUtf8(message.payload), retryable });
    }
    const index = message.header(HEADER.chunk);
    if (index === undefined) return message.payload;
    call.assembly ??= new Assembly({ size: message.header(HEADER.size), chunks: message.header(HEADER.chunks) }, this.#limitBytes);
    return call.assembly.add(wholeNumber(index, "a chunk's index", Number.MAX_SAFE_INTEGER), message.payload);
  }

  #sendRest(call: Call, member: string): undefined {
    const pieces = call.waitingPieces;
    if (pieces.length === 0) throw new FrameError({ expected: "an answer", found: "a call for chunks of a request that has none left" });
    call.waitingPieces = [];
    const subject = partSubject(call.service, member);
    for (const [index, piece] of pieces.entries()) {
      this.#transport.publish(subject, piece, { reply: call.reply, headers: { [HEADER.chunk]: String(index + 1) } });
    }
    return undefined;
  }

  #followSignal(id: string, signal: AbortSignal | undefined): () => void {
    if (signal === undefined) return () => undefined;
    const onAbort = () => {
      const call = this.#calls.get(id);
      if (call === undefined) return;
      this.#transport.publish(cancelSubject(call.service), EMPTY, { reply: call.reply });
      this.#fail(id, signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    return () => signal.removeEventListener("abort", onAbort);
  }

  #fail(id: string, error: unknown): void {
    this.#settle(id, (call) => call.reject(error));
  }

  #settle(id: string, how: (call: Call) => void): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    this.#calls.delete(id);
    this.#env.timers.clearTimeout(call.timer);
    call.forgetSignal();
    how(call);
    if (this.#calls.size > 0) return;
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }
}
