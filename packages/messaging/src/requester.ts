import type { Env, TimerHandle } from "@lamina/primitives";
import { decodeUtf8, toHex } from "@lamina/primitives";
import { readAnswerBundle, writeCallBundle } from "./bundles.ts";
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
import { CallLane } from "./call-lane.ts";
import { Assembly, HEADER, HEADER_ROOM_BYTES, splitPayload, wholeNumber } from "./frames.ts";
import {
  ANSWERS_TOKEN,
  bundleSubject,
  callSubject,
  cancelSubject,
  type Peer,
  partSubject,
  replyFilter,
  replySubject,
  type Service,
  type Subject,
} from "./subjects.ts";
import type { BusTransport, TransportMessage } from "./transport.ts";

const EMPTY = new Uint8Array();
const INSTANCE_BYTES = 12;

interface Call {
  readonly id: string;
  readonly payload: Uint8Array;
  readonly timeoutMs: number;
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
  bundle: Bundle | undefined;
}

/** Calls that left in one message. */
interface Bundle {
  readonly token: string;
  readonly service: Service;
  readonly calls: readonly Call[];
  /** Calls without an outcome. */
  open: number;
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
  readonly #gatherMs: number;
  readonly #instance: string;
  readonly #calls = new Map<string, Call>();
  readonly #lanes = new Map<string, CallLane<Call>>();
  readonly #bundles = new Map<string, Bundle>();
  /** Call subjects of services that this connection may not send bundles to. */
  readonly #oneByOne = new Set<string>();
  #callCount = 0;
  #bundleCount = 0;
  #whenIdle: (() => void)[] = [];

  constructor(
    options: { readonly peer: Peer; readonly limitBytes: number; readonly gatherMs: number },
    dependencies: { readonly env: Pick<Env, "timers" | "random">; readonly transport: BusTransport },
  ) {
    this.#peer = options.peer;
    this.#limitBytes = options.limitBytes;
    this.#gatherMs = options.gatherMs;
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
      const { timeoutMs } = options;
      const outcome = { resolve, reject, timer, forgetSignal };
      const call: Call = { id, payload, timeoutMs, service, subject, reply, ...outcome, waitingPieces: [], assembly: undefined, bundle: undefined };
      this.#calls.set(id, call);
      this.#laneOf(service, subject).add(call);
    });
  }

  /** Rejects what waits; `why` makes the error for one call's subject. */
  failAll(why: (subject: Subject) => Error): void {
    // The next connection may come with another credential.
    this.#oneByOne.clear();
    for (const [id, call] of [...this.#calls]) this.#fail(id, why(call.subject));
  }

  /** The server refused a publication on `subject`. */
  failRefused(subject: string): void {
    for (const bundle of [...this.#bundles.values()]) {
      if (bundleSubject(bundle.service) !== subject) continue;
      this.#oneByOne.add(callSubject(bundle.service));
      this.#sendOneByOne(bundle);
    }
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

  #laneOf(service: Service, subject: Subject): CallLane<Call> {
    const known = this.#lanes.get(subject);
    if (known !== undefined) return known;
    const limits = { gatherMs: this.#gatherMs, bytesMax: (this.#transport.messageBytesMax - HEADER_ROOM_BYTES) / 2 };
    const made = new CallLane<Call>(limits, this.#env, (calls) => {
      try {
        this.#dispatch(service, subject, calls);
      } catch (error) {
        for (const { id } of calls) this.#fail(id, error);
      }
    });
    this.#lanes.set(subject, made);
    return made;
  }

  #dispatch(service: Service, subject: Subject, calls: readonly Call[]): void {
    if (calls.length === 1 || this.#oneByOne.has(subject)) {
      for (const call of calls) this.#send(call);
      return;
    }
    const bundle: Bundle = { token: `${ANSWERS_TOKEN}${(this.#bundleCount++).toString(36)}`, service, calls, open: calls.length };
    for (const call of calls) call.bundle = bundle;
    this.#bundles.set(bundle.token, bundle);
    const reply = replySubject(service, this.#peer, this.#instance, bundle.token);
    const entries = calls.map(({ id, timeoutMs, payload }) => ({ id, timeoutMs: Math.ceil(timeoutMs), payload }));
    this.#transport.publish(bundleSubject(service), writeCallBundle(entries), { reply });
  }

  /** Nobody took the bundle: its calls go as if there were none. */
  #sendOneByOne(bundle: Bundle): void {
    this.#bundles.delete(bundle.token);
    for (const call of bundle.calls) if (this.#calls.get(call.id) === call) this.#send(call);
  }

  #send(call: Call): void {
    const { payload, timeoutMs } = call;
    const timeout = { [HEADER.timeoutMs]: String(Math.ceil(timeoutMs)) };
    const chunkBytes = this.#transport.messageBytesMax - HEADER_ROOM_BYTES;
    const [first = EMPTY, ...rest] = splitPayload(payload, chunkBytes);
    call.waitingPieces = rest;
    const size = rest.length === 0 ? {} : { [HEADER.size]: String(payload.length), [HEADER.chunks]: String(rest.length + 1) };
    this.#transport.publish(call.subject, first, { reply: call.reply, headers: { ...timeout, ...size } });
  }

  #onReply(message: TransportMessage): void {
    const asker = message.subject.slice(0, message.subject.lastIndexOf(".") + 1);
    const id = message.subject.slice(asker.length);
    if (id === ANSWERS_TOKEN) this.#onAnswers(message, asker);
    else if (id.startsWith(ANSWERS_TOKEN)) this.#onBundleNotice(message, id);
    else this.#onAnswer(message, id);
  }

  #onAnswer(message: TransportMessage, id: string): void {
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

  /** Several answers at once. Each counts only for a call that was told to expect it there (T18). */
  #onAnswers(message: TransportMessage, asker: string): void {
    try {
      for (const { id, payload, error, retryable } of readAnswerBundle(message.payload)) {
        const call = this.#calls.get(id);
        if (call === undefined || call.reply !== `${asker}${id}`) continue;
        if (error === "") this.#settle(id, (settled) => settled.resolve(payload));
        else this.#fail(id, new ServiceRefusedError({ subject: call.subject, reason: error, text: decodeUtf8(payload), retryable }));
      }
    } catch (error) {
      // Whose answers it held cannot be told: all that went to this service in bundles fail, rather than wait for their deadlines.
      for (const [id, call] of [...this.#calls]) if (call.bundle !== undefined && call.reply.startsWith(asker)) this.#fail(id, error);
    }
  }

  /** About a bundle as a whole: nobody takes it, or it was found malformed. */
  #onBundleNotice(message: TransportMessage, token: string): void {
    const bundle = this.#bundles.get(token);
    if (bundle === undefined || replySubject(bundle.service, this.#peer, this.#instance, token) !== message.subject) return;
    if (message.isNoResponders) {
      this.#sendOneByOne(bundle);
      return;
    }
    const subject = bundleSubject(bundle.service);
    const reason = message.header(HEADER.error) ?? "BAD_FRAME";
    const error = new ServiceRefusedError({ subject, reason, text: decodeUtf8(message.payload), retryable: false });
    for (const { id } of bundle.calls) this.#fail(id, error);
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
      const hadLeft = this.#fail(id, signal.reason);
      if (hadLeft) this.#transport.publish(cancelSubject(call.service), EMPTY, { reply: call.reply });
    };
    signal.addEventListener("abort", onAbort, { once: true });
    return () => signal.removeEventListener("abort", onAbort);
  }

  /** True where the call was known and had been sent. */
  #fail(id: string, error: unknown): boolean {
    return this.#settle(id, (call) => call.reject(error));
  }

  #settle(id: string, how: (call: Call) => void): boolean {
    const call = this.#calls.get(id);
    if (call === undefined) return false;
    this.#calls.delete(id);
    this.#env.timers.clearTimeout(call.timer);
    call.forgetSignal();
    how(call);
    const hadLeft = this.#leaveLane(call);
    if (this.#calls.size === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
    return hadLeft;
  }

  #leaveLane(call: Call): boolean {
    const { bundle, subject } = call;
    if (bundle !== undefined && --bundle.open === 0) this.#bundles.delete(bundle.token);
    const lane = this.#lanes.get(subject);
    const hadLeft = lane?.end(call) === false;
    if (lane?.isIdle === true) this.#lanes.delete(subject);
    return hadLeft;
  }
}
