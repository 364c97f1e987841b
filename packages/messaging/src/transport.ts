import type { Subject } from "./subjects.ts";

/** Names and values of printable ASCII; names begin with `Lamina-`. */
export type Headers = Readonly<Record<string, string>>;

export interface TransportMessage {
  readonly subject: string;
  readonly reply: string | undefined;
  /** A view that stays valid; its receiver must not write to it. */
  readonly payload: Uint8Array;
  header(name: string): string | undefined;
  /** True for the server's own notice that nobody listens on the subject of a request. */
  readonly isNoResponders: boolean;
}

export interface TransportSubscription {
  /** Stops new messages and resolves when those under way were delivered to the callback. */
  drain(): Promise<void>;
}

/** Where the stream put a message. `duplicate`: it already held one of this message id. */
export interface Appended {
  readonly stream: string;
  readonly sequence: bigint;
  readonly duplicate: boolean;
}

/** One stored message, as a durable consumer gets it. Exactly one of the verdicts must be given. */
export interface StreamMessage {
  readonly subject: string;
  readonly payload: Uint8Array;
  /** Place in the stream. */
  readonly sequence: bigint;
  readonly messageId: string | undefined;
  /** 1 at the first delivery. */
  readonly delivery: number;
  /** Done: never again. */
  ack(): void;
  /** Not now: again after `delayMs`. No failure, and not counted as one. */
  nak(delayMs: number): void;
  /** Still at it: starts the consumer's wait anew. */
  working(): void;
  /** Hopeless: never again. */
  terminate(reason: string): void;
}

export interface ConsumeOptions {
  readonly stream: string;
  readonly durable: string;
  /** Messages asked for at a time. */
  readonly prefetch: number;
}

export interface Consumption {
  /** Asks for no more; resolves when no further message will be delivered. Messages not yet acknowledged come again, to whoever consumes next. */
  stop(): Promise<void>;
  /** Settles when the consumption ends, with the error where it was not asked to. */
  readonly closed: Promise<Error | undefined>;
}

export type ConnectionStatus =
  | { readonly kind: "connected" }
  | { readonly kind: "disconnected" }
  | { readonly kind: "closed"; readonly reason: string; readonly cause?: Error }
  | { readonly kind: "refused"; readonly operation: "publish" | "subscribe"; readonly subject: string };

/** What the bus needs of a message system. One adapter for NATS (`nats/nats-bus.ts`), one in memory (`./testing`). */
export interface BusTransport {
  /** The largest message, headers included. */
  readonly messageBytesMax: number;
  publish(subject: Subject, payload: Uint8Array, options?: { readonly reply?: Subject; readonly headers?: Headers }): void;
  subscribe(filter: Subject, queue: string | undefined, onMessage: (message: TransportMessage) => void): TransportSubscription;
  append(
    subject: Subject,
    payload: Uint8Array,
    options: { readonly messageId: string; readonly timeoutMs: number; readonly headers?: Headers },
  ): Promise<Appended>;
  consume(options: ConsumeOptions, onMessage: (message: StreamMessage) => void): Promise<Consumption>;
  onStatus(listener: (status: ConnectionStatus) => void): () => void;
  /** Resolves when the server has everything published before. */
  flush(): Promise<void>;
  close(): Promise<void>;
}
