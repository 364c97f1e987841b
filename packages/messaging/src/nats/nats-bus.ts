import { type Env, encodeUtf8, type Secret } from "@lamina/primitives";
import { type ConsumerMessages, JetStreamApiError, type JetStreamClient, type JsMsg, jetstream } from "@nats-io/jetstream";
import {
  connect,
  errors,
  jwtAuthenticator,
  type Msg,
  type MsgHdrs,
  headers as makeHeaders,
  type NatsConnection,
  type Status,
} from "@nats-io/transport-node";
import type { Bus } from "../bus.ts";
import { AppendRefusedError, BusClosedError, ConnectError, DeadlineError } from "../bus-errors.ts";
import { MessageBus } from "../message-bus.ts";
import { inboxPrefix, type Peer, type Subject } from "../subjects.ts";
import type {
  Appended,
  BusTransport,
  ConnectionStatus,
  ConsumeOptions,
  Consumption,
  Headers,
  StreamMessage,
  TransportMessage,
  TransportSubscription,
} from "../transport.ts";

const CONNECT_TIMEOUT_MS = 5_000;
const RECONNECT_WAIT_MS = 250;
/** A dead connection is noticed after two of these without an answer. */
const PING_INTERVAL_MS = 5_000;
const CONSUMER_IDLE_MS = 4_000;
/** Errors by which the stream says that it may take the message later: it is full, or its cluster has no leader. */
const RETRYABLE_API_CODES = new Set([10008, 10009, 10023, 10047, 10077, 10167]);

export interface NatsCredentials {
  /** Read at every connect and reconnect, so that a renewed token is picked up. */
  userJwt(): string;
  /** Seed of the user's NKey ("SU..."), which never leaves its owner. */
  readonly seed: Secret<string>;
}

export interface NatsTls {
  /** The authority of the server's certificate; those of the system where not given. */
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

export interface NatsOptions {
  readonly peer: Peer;
  /** `nats://host:port`, `tls://host:port`; any of them, in any order. With TLS the host is a name. */
  readonly servers: readonly string[];
  readonly credentials: NatsCredentials;
  readonly tls?: NatsTls;
  readonly requestBytesMax?: number;
}

export interface NatsDependencies {
  readonly env: Pick<Env, "timers" | "random" | "clock">;
  readonly onFault: (what: string, error: unknown) => void;
}

/** Connects to NATS and gives the bus. Reconnects by itself for ever; a refused credential closes it. Throws `ConnectError`. */
export async function connectNatsBus(options: NatsOptions, dependencies: NatsDependencies): Promise<Bus> {
  const transport = new NatsTransport(await connectNats(options));
  const busOptions = options.requestBytesMax === undefined ? {} : { requestBytesMax: options.requestBytesMax };
  return new MessageBus({ peer: options.peer, ...busOptions }, { ...dependencies, transport });
}

/** The bare connection: for this file, the administration of streams and the server's own accounts. Throws `ConnectError`. */
export async function connectNats(options: Omit<NatsOptions, "requestBytesMax">): Promise<NatsConnection> {
  const { peer, servers, credentials, tls } = options;
  if (tls !== undefined) requireNames(servers);
  try {
    return await connect({
      servers: [...servers],
      name: `${peer.role}-${peer.id}`,
      authenticator: jwtAuthenticator(() => credentials.userJwt(), encodeUtf8(credentials.seed.reveal())),
      inboxPrefix: inboxPrefix(peer),
      timeout: CONNECT_TIMEOUT_MS,
      reconnectTimeWait: RECONNECT_WAIT_MS,
      maxReconnectAttempts: -1,
      pingInterval: PING_INTERVAL_MS,
      noAsyncTraces: true,
      ...(tls === undefined ? {} : { tls }),
    });
  } catch (error) {
    const isRefused = error instanceof errors.AuthorizationError || error instanceof errors.UserAuthenticationExpiredError;
    throw new ConnectError(
      { servers, reason: isRefused ? "the server refused the credential" : messageOf(error), retryable: !isRefused },
      { cause: error },
    );
  }
}

/** The driver checks the certificate behind a bare address as if it were for "localhost", so with TLS a server has a name. */
function requireNames(servers: readonly string[]): void {
  for (const server of servers) {
    const { hostname } = new URL(server.includes("://") ? server : `nats://${server}`);
    const isAddress = hostname.startsWith("[") || /^[0-9.]+$/.test(hostname);
    if (isAddress) throw new ConnectError({ servers, reason: `with TLS expected a server's name, found the address ${hostname}`, retryable: false });
  }
}

class NatsTransport implements BusTransport {
  readonly #connection: NatsConnection;
  readonly #jetstream: JetStreamClient;
  readonly #listeners = new Set<(status: ConnectionStatus) => void>();

  constructor(connection: NatsConnection) {
    this.#connection = connection;
    this.#jetstream = jetstream(connection);
    void this.#followStatus();
    void connection.closed().then((error) => this.#tell(closedStatus(error)));
  }

  get messageBytesMax(): number {
    return this.#connection.info?.max_payload ?? 0;
  }

  publish(subject: Subject, payload: Uint8Array, options: { readonly reply?: Subject; readonly headers?: Headers } = {}): void {
    // A refused credential may close the connection between our caller's check and here; what cannot be sent is then lost, as a notice may be.
    if (this.#connection.isClosed()) return;
    const { reply, headers } = options;
    this.#connection.publish(subject, payload, { ...(reply === undefined ? {} : { reply }), ...natsHeaders(headers) });
  }

  subscribe(filter: Subject, queue: string | undefined, onMessage: (message: TransportMessage) => void): TransportSubscription {
    const subscription = this.#connection.subscribe(filter, {
      ...(queue === undefined ? {} : { queue }),
      // The error case is a refused subscription, which arrives as a status too.
      callback: (error, message) => {
        if (error === null) onMessage(transportMessage(message));
      },
    });
    return { drain: () => (subscription.isClosed() ? Promise.resolve() : subscription.drain()) };
  }

  async append(
    subject: Subject,
    payload: Uint8Array,
    options: { readonly messageId: string; readonly timeoutMs: number; readonly headers?: Headers },
  ): Promise<Appended> {
    const { messageId, timeoutMs, headers } = options;
    try {
      const ack = await this.#jetstream.publish(subject, payload, { msgID: messageId, timeout: timeoutMs, retries: 0, ...natsHeaders(headers) });
      return { stream: ack.stream, sequence: BigInt(ack.seq), duplicate: ack.duplicate };
    } catch (error) {
      throw appendError(subject, timeoutMs, error);
    }
  }

  async consume(options: ConsumeOptions, onMessage: (message: StreamMessage) => void): Promise<Consumption> {
    const consumer = await this.#jetstream.consumers.get(options.stream, options.durable);
    const messages: ConsumerMessages = await consumer.consume({
      max_messages: options.prefetch,
      expires: CONSUMER_IDLE_MS,
      callback: (message) => onMessage(streamMessage(message)),
    });
    return {
      stop: async () => void (await messages.close()),
      closed: messages.closed().then((error) => error ?? undefined),
    };
  }

  onStatus(listener: (status: ConnectionStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  flush(): Promise<void> {
    return this.#connection.flush();
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  async #followStatus(): Promise<void> {
    for await (const status of this.#connection.status()) {
      const told = connectionStatus(status);
      if (told !== undefined) this.#tell(told);
    }
  }

  #tell(status: ConnectionStatus): void {
    for (const listener of this.#listeners) listener(status);
  }
}

function connectionStatus(status: Status): ConnectionStatus | undefined {
  if (status.type === "disconnect") return { kind: "disconnected" };
  if (status.type === "reconnect") return { kind: "connected" };
  if (status.type !== "error" || !(status.error instanceof errors.PermissionViolationError)) return undefined;
  const { operation, subject } = status.error;
  return { kind: "refused", operation: operation === "publish" ? "publish" : "subscribe", subject };
}

function closedStatus(error: unknown): ConnectionStatus {
  return error instanceof Error ? { kind: "closed", reason: error.message, cause: error } : { kind: "closed", reason: "closed here" };
}

function appendError(subject: string, timeoutMs: number, error: unknown): Error {
  const root = rootCause(error);
  if (root instanceof errors.TimeoutError) return new DeadlineError({ subject, timeoutMs }, { cause: error });
  if (root instanceof errors.ClosedConnectionError) return new BusClosedError("closed while a message was appended", { cause: error });
  const isFinal = root instanceof errors.PermissionViolationError || (root instanceof JetStreamApiError && !RETRYABLE_API_CODES.has(root.code));
  return new AppendRefusedError({ subject, reason: messageOf(root), retryable: !isFinal }, { cause: error });
}

/** The driver wraps what happened in errors of its own. */
function rootCause(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? rootCause(error.cause) : error;
}

function transportMessage(message: Msg): TransportMessage {
  const { headers } = message;
  return {
    subject: message.subject,
    reply: message.reply,
    payload: plainBytes(message.data),
    header: (name) => (headers === undefined || !headers.has(name) ? undefined : headers.get(name)),
    isNoResponders: headers?.code === 503 && message.data.length === 0,
  };
}

function streamMessage(message: JsMsg): StreamMessage {
  const info = message.info;
  return {
    subject: message.subject,
    payload: plainBytes(message.data),
    sequence: BigInt(info.streamSequence),
    messageId: message.headers?.get("Nats-Msg-Id") || undefined,
    delivery: info.deliveryCount,
    ack: () => message.ack(),
    nak: (delayMs) => message.nak(delayMs),
    working: () => message.working(),
    terminate: (reason) => message.term(reason),
  };
}

/** The driver's bytes are a Buffer, whose `slice` shares instead of copying. */
function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function natsHeaders(headers: Headers | undefined): { headers?: MsgHdrs } {
  if (headers === undefined) return {};
  const made = makeHeaders();
  for (const [name, value] of Object.entries(headers)) made.set(name, value);
  return { headers: made };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
