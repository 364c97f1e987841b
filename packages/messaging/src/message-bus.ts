import type { Env } from "@lamina/primitives";
import type { AppendOptions, Bus, ConsumeQueue, Notice, RequestHandler, RequestOptions, Served, Unsubscribe } from "./bus.ts";
import { BusClosedError, ConnectionLostError, PayloadTooLargeError } from "./bus-errors.ts";
import { HEADER_ROOM_BYTES } from "./frames.ts";
import { QueueConsumer } from "./queue-consumer.ts";
import { Requester } from "./requester.ts";
import { Responder } from "./responder.ts";
import { type Peer, type Service, type Subject, subjectMatches } from "./subjects.ts";
import type { Appended, BusTransport, ConnectionStatus, Consumption, StreamMessage } from "./transport.ts";

/** Long enough for requests of one burst to meet, short beside any job. */
const GATHER_MS = 2;
const REQUEST_BYTES_MAX = 16 * 1024 * 1024;

export interface MessageBusOptions {
  readonly peer: Peer;
  /** 16 MiB where not given. */
  readonly requestBytesMax?: number;
  /** Longest that a request waits for company while others to its service are under way; 2 ms where not given, 0 for not beyond its own turn. */
  readonly gatherMs?: number;
}

export interface MessageBusDependencies {
  readonly env: Pick<Env, "timers" | "random" | "clock">;
  readonly transport: BusTransport;
  /** Told once of each fault that is handled here: what happened, and the error. */
  readonly onFault: (what: string, error: unknown) => void;
}

/** The bus over any transport: what crosses the wire, in which frames, is decided here and is the same for NATS and for the one in memory. */
export class MessageBus implements Bus {
  readonly requestBytesMax: number;
  readonly #dependencies: MessageBusDependencies;
  readonly #transport: BusTransport;
  readonly #requester: Requester;
  readonly #served = new Set<Served>();
  readonly #consumptions = new Set<Consumption>();
  #isConnected = true;
  #closedReason: string | undefined;

  constructor(options: MessageBusOptions, dependencies: MessageBusDependencies) {
    this.requestBytesMax = options.requestBytesMax ?? REQUEST_BYTES_MAX;
    this.#dependencies = dependencies;
    this.#transport = dependencies.transport;
    this.#requester = new Requester({ peer: options.peer, limitBytes: this.requestBytesMax, gatherMs: options.gatherMs ?? GATHER_MS }, dependencies);
    this.#transport.onStatus((status) => this.#onStatus(status));
  }

  get payloadBytesMax(): number {
    return this.#transport.messageBytesMax - HEADER_ROOM_BYTES;
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  request(service: Service, payload: Uint8Array, options: RequestOptions): Promise<Uint8Array> {
    if (this.#closedReason !== undefined) return Promise.reject(new BusClosedError(this.#closedReason));
    // Sent later, it would be run for nobody: its deadline counts from now.
    if (!this.#isConnected) return Promise.reject(new ConnectionLostError(`${service.kind} of ${service.name}`));
    return this.#requester.request(service, payload, options);
  }

  serve(service: Service, handler: RequestHandler): Served {
    this.#requireOpen();
    const limits = { limitBytes: this.requestBytesMax, assemblyBytesMax: 4 * this.requestBytesMax };
    const responder = new Responder({ service, ...limits }, this.#dependencies, handler);
    const served: Served = {
      drain: async () => {
        await responder.drain();
        this.#served.delete(served);
      },
    };
    this.#served.add(served);
    return served;
  }

  notify(subject: Subject, payload: Uint8Array): void {
    this.#requireOpen();
    this.#requireFit(subject, payload);
    if (this.#isConnected) this.#transport.publish(subject, payload);
  }

  listen(filter: Subject, handler: (notice: Notice) => void): Unsubscribe {
    this.#requireOpen();
    return this.#transport.subscribe(filter, undefined, ({ subject, payload }) => {
      // A reader of a stream may have the server send its messages anywhere; their own subject gives them away (T18).
      if (!subjectMatches(filter, subject)) return;
      try {
        handler({ subject, payload });
      } catch (error) {
        this.#dependencies.onFault("a notice could not be handled", error);
      }
    });
  }

  async append(subject: Subject, payload: Uint8Array, options: AppendOptions): Promise<Appended> {
    this.#requireOpen();
    this.#requireFit(subject, payload);
    return this.#transport.append(subject, payload, options);
  }

  async consume(queue: ConsumeQueue, handler: (message: StreamMessage) => void | Promise<void>): Promise<Consumption> {
    this.#requireOpen();
    const consumption = await new QueueConsumer(queue, this.#dependencies, handler).start();
    this.#consumptions.add(consumption);
    void consumption.closed.then(() => this.#consumptions.delete(consumption));
    return consumption;
  }

  onStatus(listener: (status: ConnectionStatus) => void): () => void {
    return this.#transport.onStatus(listener);
  }

  flush(): Promise<void> {
    return this.#transport.flush();
  }

  async drain(): Promise<void> {
    await Promise.all([...this.#consumptions].map((each) => each.stop()));
    await Promise.all([...this.#served].map((each) => each.drain()));
    await this.#requester.idle();
    if (this.#isConnected) await this.#transport.flush();
    await this.close();
  }

  async close(): Promise<void> {
    this.#closedReason ??= "closed here";
    this.#requester.close();
    await this.#transport.close();
  }

  #onStatus(status: ConnectionStatus): void {
    if (status.kind === "refused") {
      if (status.operation === "publish") this.#requester.failRefused(status.subject);
      return;
    }
    this.#isConnected = status.kind === "connected";
    if (status.kind === "disconnected") this.#requester.failAll((subject) => new ConnectionLostError(subject));
    if (status.kind !== "closed") return;
    const { reason, cause } = status;
    this.#closedReason ??= reason;
    this.#requester.failAll(() => new BusClosedError(reason, cause === undefined ? undefined : { cause }));
  }

  #requireOpen(): void {
    if (this.#closedReason !== undefined) throw new BusClosedError(this.#closedReason);
  }

  #requireFit(subject: Subject, payload: Uint8Array): void {
    const limitBytes = this.payloadBytesMax;
    if (payload.length > limitBytes) throw new PayloadTooLargeError({ subject, limitBytes, foundBytes: payload.length });
  }
}
