import type { Env } from "@lamina/primitives";
import type { Bus } from "../bus.ts";
import { AppendRefusedError, BusClosedError, DeadlineError, PermissionError } from "../bus-errors.ts";
import { MessageBus } from "../message-bus.ts";
import { type Grantee, type PermissionSet, permissionsOf } from "../permissions.ts";
import type { ConsumerSpec, StreamSpec } from "../streams.ts";
import { type Subject, subjectMatches } from "../subjects.ts";
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
import { MemoryStream } from "./memory-stream.ts";

const MESSAGE_BYTES_MAX = 1024 * 1024;

export interface MemoryBrokerOptions {
  readonly messageBytesMax?: number;
  /** Drawn for each message; delivered at once (but never within the publishing call) where not given. */
  readonly delayMs?: () => number;
  /** Asked for each message and receiver; false loses it. */
  readonly isDelivered?: (subject: string) => boolean;
}

interface Subscription {
  readonly connection: MemoryConnection;
  readonly filter: string;
  readonly queue: string | undefined;
  readonly onMessage: (message: TransportMessage) => void;
}

/**
 * A message system in memory: the same subjects, permissions, queue groups, streams and faults as the real one, without a process or a socket.
 * Connections of one broker see each other; `disconnect` and `revoke` play the network and the authority.
 */
export class MemoryBroker {
  readonly env: Pick<Env, "timers" | "random" | "clock">;
  readonly options: MemoryBrokerOptions;
  readonly #streams = new Map<string, MemoryStream>();
  readonly #subscriptions = new Set<Subscription>();
  readonly #connections = new Map<string, Set<MemoryConnection>>();
  #turn = 0;

  constructor(env: Pick<Env, "timers" | "random" | "clock">, options: MemoryBrokerOptions = {}) {
    this.env = env;
    this.options = options;
  }

  get messageBytesMax(): number {
    return this.options.messageBytesMax ?? MESSAGE_BYTES_MAX;
  }

  /** A bus of this peer, held to the permissions that a credential of its would carry. */
  connect(grantee: Grantee, onFault: (what: string, error: unknown) => void = () => undefined): Bus {
    const connection = new MemoryConnection(this, permissionsOf(grantee));
    const name = `${grantee.role}-${grantee.id}`;
    const connections = this.#connections.get(name) ?? new Set();
    this.#connections.set(name, connections.add(connection));
    // Time that a test moves by hand must not hold a request back.
    return new MessageBus({ peer: grantee, gatherMs: 0 }, { env: this.env, transport: connection, onFault });
  }

  addStream(spec: StreamSpec): void {
    if (!this.#streams.has(spec.name)) this.#streams.set(spec.name, new MemoryStream(spec, this.env));
  }

  addConsumer(spec: ConsumerSpec): void {
    this.stream(spec.stream).addConsumer(spec);
  }

  stream(name: string): MemoryStream {
    const stream = this.#streams.get(name);
    if (stream === undefined) throw new Error(`no stream ${name}: add it first`);
    return stream;
  }

  /** As when the stream is deleted under load: what it held is gone. */
  removeStream(name: string): void {
    this.#streams.delete(name);
  }

  /** Cuts the connections of a peer until `reconnect`. */
  disconnect(peer: Pick<Grantee, "role" | "id">): void {
    for (const each of this.#of(peer)) each.setUp(false);
  }

  reconnect(peer: Pick<Grantee, "role" | "id">): void {
    for (const each of this.#of(peer)) each.setUp(true);
  }

  /** Ends the connections of a peer for good. */
  revoke(peer: Pick<Grantee, "role" | "id">): void {
    for (const each of this.#of(peer)) each.end("the server refused the credential");
  }

  subscribe(subscription: Subscription): () => void {
    this.#subscriptions.add(subscription);
    return () => this.#subscriptions.delete(subscription);
  }

  /** Routes one message; the number of its receivers. */
  publish(subject: Subject, payload: Uint8Array, reply: string | undefined, headers: Headers | undefined): number {
    this.#capturing(subject)?.append(subject, payload, undefined);
    return this.deliver(subject, { payload: payload.slice(), reply, headers, isNoResponders: false });
  }

  deliver(
    subject: string,
    message: { payload: Uint8Array; reply: string | undefined; headers: Headers | undefined; isNoResponders: boolean },
  ): number {
    const receivers = this.#receivers(subject);
    for (const { connection, onMessage } of receivers) {
      if (this.options.isDelivered?.(subject) === false) continue;
      const { headers, ...rest } = message;
      this.#later(() => connection.isUp && onMessage({ subject, ...rest, header: (name) => headers?.[name] }));
    }
    return receivers.length;
  }

  append(subject: Subject, payload: Uint8Array, messageId: string): Appended {
    const stream = this.#capturing(subject);
    if (stream === undefined) throw new AppendRefusedError({ subject, reason: "no stream takes this subject", retryable: true });
    return stream.append(subject, payload, messageId);
  }

  #capturing(subject: string): MemoryStream | undefined {
    return [...this.#streams.values()].find((stream) => stream.captures(subject));
  }

  /** Every plain subscription, and one of each queue group in turn. */
  #receivers(subject: string): Subscription[] {
    const matching = [...this.#subscriptions].filter((each) => each.connection.isUp && subjectMatches(each.filter, subject));
    const groups = Map.groupBy(
      matching.filter((each) => each.queue !== undefined),
      (each) => `${each.queue} ${each.filter}`,
    );
    const chosen = [...groups.values()].map((group) => group[this.#turn++ % group.length] as Subscription);
    return [...matching.filter((each) => each.queue === undefined), ...chosen];
  }

  #later(act: () => void): void {
    const delayMs = this.options.delayMs?.();
    if (delayMs === undefined) queueMicrotask(act);
    else this.env.timers.setTimeout(act, delayMs);
  }

  #of(peer: Pick<Grantee, "role" | "id">): MemoryConnection[] {
    return [...(this.#connections.get(`${peer.role}-${peer.id}`) ?? [])];
  }
}

class MemoryConnection implements BusTransport {
  readonly #broker: MemoryBroker;
  readonly #permissions: PermissionSet;
  readonly #listeners = new Set<(status: ConnectionStatus) => void>();
  readonly #removers = new Set<() => void>();
  readonly #onEnd = new Set<() => void>();
  #state: "up" | "down" | "closed" = "up";

  constructor(broker: MemoryBroker, permissions: PermissionSet) {
    this.#broker = broker;
    this.#permissions = permissions;
  }

  get messageBytesMax(): number {
    return this.#broker.messageBytesMax;
  }

  get isUp(): boolean {
    return this.#state === "up";
  }

  publish(subject: Subject, payload: Uint8Array, options: { readonly reply?: Subject; readonly headers?: Headers } = {}): void {
    if (!this.isUp) return;
    if (!this.#allows("publish", subject)) {
      this.#tellLater({ kind: "refused", operation: "publish", subject });
      return;
    }
    const receivers = this.#broker.publish(subject, payload, options.reply, options.headers);
    if (receivers > 0 || options.reply === undefined) return;
    this.#broker.deliver(options.reply, { payload: new Uint8Array(), reply: undefined, headers: undefined, isNoResponders: true });
  }

  subscribe(filter: Subject, queue: string | undefined, onMessage: (message: TransportMessage) => void): TransportSubscription {
    if (!this.#allows("subscribe", filter)) {
      this.#tellLater({ kind: "refused", operation: "subscribe", subject: filter });
      return { drain: () => Promise.resolve() };
    }
    const remove = this.#broker.subscribe({ connection: this, filter, queue, onMessage });
    this.#removers.add(remove);
    return {
      drain: async () => {
        remove();
        this.#removers.delete(remove);
      },
    };
  }

  async append(subject: Subject, payload: Uint8Array, options: { readonly messageId: string; readonly timeoutMs: number }): Promise<Appended> {
    if (this.#state === "closed") throw new BusClosedError("closed while a message was appended");
    if (!this.#allows("publish", subject))
      throw new AppendRefusedError({ subject, reason: new PermissionError({ operation: "publish", subject }).message, retryable: false });
    if (this.#state === "down") {
      await this.#broker.env.timers.sleep(options.timeoutMs);
      throw new DeadlineError({ subject, timeoutMs: options.timeoutMs });
    }
    return this.#broker.append(subject, payload, options.messageId);
  }

  async consume(options: ConsumeOptions, onMessage: (message: StreamMessage) => void): Promise<Consumption> {
    const consumer = this.#broker.stream(options.stream).consumer(options.durable);
    if (consumer === undefined) throw new AppendRefusedError({ subject: options.durable, reason: "no such consumer", retryable: false });
    const stopReading = consumer.read((message) => this.isUp && onMessage(message));
    const { promise: closed, resolve } = Promise.withResolvers<Error | undefined>();
    const end = () => {
      stopReading();
      resolve(this.#state === "closed" ? new BusClosedError("closed while consuming") : undefined);
    };
    this.#onEnd.add(end);
    return { stop: async () => end(), closed };
  }

  onStatus(listener: (status: ConnectionStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async flush(): Promise<void> {
    await Promise.resolve();
  }

  async close(): Promise<void> {
    this.end("closed here");
  }

  setUp(isUp: boolean): void {
    if (this.#state === "closed" || this.isUp === isUp) return;
    this.#state = isUp ? "up" : "down";
    this.#tell({ kind: isUp ? "connected" : "disconnected" });
  }

  end(reason: string): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    for (const remove of this.#removers) remove();
    for (const each of this.#onEnd) each();
    this.#tell({ kind: "closed", reason });
  }

  #allows(operation: "publish" | "subscribe", subject: string): boolean {
    return this.#permissions[operation].some((pattern) => covers(pattern, subject));
  }

  #tellLater(status: ConnectionStatus): void {
    queueMicrotask(() => this.#tell(status));
  }

  #tell(status: ConnectionStatus): void {
    for (const listener of this.#listeners) listener(status);
  }
}

/** Whether all that `filter` could match falls under `pattern`. */
function covers(pattern: string, filter: string): boolean {
  const wide = pattern.split(".");
  const narrow = filter.split(".");
  for (const [index, token] of wide.entries()) {
    if (token === ">") return narrow.length > index;
    const found = narrow[index];
    if (found === undefined || found === ">" || (token !== "*" && token !== found)) return false;
  }
  return wide.length === narrow.length;
}
