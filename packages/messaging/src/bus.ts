import { BaseError } from "@lamina/primitives";
import type { Service, Subject } from "./subjects.ts";
import type { Appended, ConnectionStatus, Consumption, Headers, StreamMessage } from "./transport.ts";

/** A request as its service sees it. */
export interface IncomingRequest {
  readonly payload: Uint8Array;
  /** Aborts when the requester cancels or no longer waits: the work is then for nobody. */
  readonly signal: AbortSignal;
  /** How long the requester waits, counted from its sending; transit is not deducted. */
  readonly timeoutMs: number;
}

/** Answers a request. Throw a `Refusal` to tell the requester why not; anything else reaches it as `HANDLER_FAILED` without details. */
export type RequestHandler = (request: IncomingRequest) => Promise<Uint8Array>;

/** A service's answer that it will not do what was asked. */
export class Refusal extends BaseError<"REFUSAL"> {
  override readonly retryable: boolean;
  readonly details: { readonly reason: string };
  /** `reason`: a stable code of A-Z, 0-9 and _; `text`: for people, without secrets. */
  constructor(reason: string, text: string, options: { readonly retryable?: boolean } = {}) {
    super("REFUSAL", text);
    this.retryable = options.retryable ?? false;
    this.details = { reason };
  }
}

export interface Served {
  /** Takes no new requests and resolves when those under way are answered. */
  drain(): Promise<void>;
}

export interface RequestOptions {
  readonly timeoutMs: number;
  /** Aborting it tells the service to stop and rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface AppendOptions {
  /** Two appends of one id within the stream's dedupe window store one message. */
  readonly messageId: string;
  readonly timeoutMs: number;
  readonly headers?: Headers;
}

export interface ConsumeQueue {
  readonly stream: string;
  readonly durable: string;
  /** Messages asked for at a time. How many may be held without a verdict is the consumer's own `ackPendingMax`. */
  readonly prefetch: number;
  /** Failures and crashes after which a message goes to the dead letters instead of the handler (T20); a `nak` is neither. */
  readonly attemptsMax: number;
  /** Longest wait before a failed message is tried again. */
  readonly retryDelayMaxMs: number;
  /** The consumer's own wait for a verdict; messages still held are extended well before it ends. */
  readonly ackWaitMs: number;
}

export interface Notice {
  readonly subject: string;
  readonly payload: Uint8Array;
}

export interface Unsubscribe {
  drain(): Promise<void>;
}

/**
 * The bus, as apps know it. Requests and notices are at most once; appends are acknowledged after fsync; consumed messages come at least once.
 * All payloads are bytes of `proto/lamina/bus/v1`.
 */
export interface Bus {
  /** Largest payload of a notice or an append. */
  readonly payloadBytesMax: number;
  /** Largest payload of a request or its reply; it crosses in chunks where one message is too small. */
  readonly requestBytesMax: number;
  /**
   * Throws `PayloadTooLargeError`, `NoRespondersError`, `DeadlineError`, `ConnectionLostError`, `PermissionError`, `ServiceRefusedError`,
   * `BusClosedError`, or the reason of an aborted signal.
   */
  request(service: Service, payload: Uint8Array, options: RequestOptions): Promise<Uint8Array>;
  /** Answers requests to `service`, beside all other processes that serve it. */
  serve(service: Service, handler: RequestHandler): Served;
  /** At most once, to whoever listens now; dropped while disconnected. Throws `PayloadTooLargeError`. */
  notify(subject: Subject, payload: Uint8Array): void;
  /** An error that the handler throws is logged; the subscription goes on. */
  listen(filter: Subject, handler: (notice: Notice) => void): Unsubscribe;
  /** Resolves once the stream holds the message durably. Throws `PayloadTooLargeError`, `AppendRefusedError`, `DeadlineError`, `BusClosedError`. */
  append(subject: Subject, payload: Uint8Array, options: AppendOptions): Promise<Appended>;
  /** The handler gives each message its verdict, now or later; until then it does not come again. One that throws has failed: a later try. */
  consume(queue: ConsumeQueue, handler: (message: StreamMessage) => void | Promise<void>): Promise<Consumption>;
  /** Called at each change; the current state is `isConnected`. Returns the way to stop listening. */
  onStatus(listener: (status: ConnectionStatus) => void): () => void;
  readonly isConnected: boolean;
  flush(): Promise<void>;
  /** Stops consuming and serving, lets requests under way end, then closes. */
  drain(): Promise<void>;
  /** At once; what waits is rejected with `BusClosedError`. */
  close(): Promise<void>;
}
