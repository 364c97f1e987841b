import { BaseError, decodeUtf8, encodeUtf8 } from "@lamina/primitives";
import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from "@nats-io/jetstream";
import { type NatsConnection, nanos } from "@nats-io/transport-node";
import { ClaimsRejectedError } from "../authority/authority-errors.ts";
import type { ClaimsPublisher } from "../authority/bus-authority.ts";
import type { ConsumerSpec, StreamSpec } from "../streams.ts";
import { connectNats, type NatsOptions } from "./nats-bus.ts";

const UNLIMITED = -1;
const STREAM_NOT_FOUND = 10059;
const CLAIMS_TIMEOUT_MS = 5_000;

/** A stream of this name exists with something that cannot be changed in place. */
export class StreamMismatchError extends BaseError<"STREAM_MISMATCH"> {
  readonly details: { readonly stream: string; readonly expected: string; readonly found: string };
  constructor(details: { stream: string; expected: string; found: string }) {
    super("STREAM_MISMATCH", `stream ${details.stream}: expected ${details.expected}, found ${details.found}`);
    this.details = details;
  }
}

export interface StreamState {
  readonly messages: bigint;
  readonly bytes: bigint;
  readonly lastSequence: bigint;
  /** Name of the server that leads the stream, where it is one of a cluster and one leads now. */
  readonly leader: string | undefined;
  /** Servers beside the leader that hold everything it holds. */
  readonly followers: number;
}

/** Sets streams up, as the admin role. Consumers come before the first publisher: an interest stream keeps nothing while nobody is interested. */
export interface StreamAdmin {
  /** Creates the stream or brings it to `spec`. Throws `StreamMismatchError`. */
  ensureStream(spec: StreamSpec): Promise<void>;
  ensureConsumer(spec: ConsumerSpec): Promise<void>;
  streamState(name: string): Promise<StreamState>;
  close(): Promise<void>;
}

export async function connectStreamAdmin(options: NatsOptions): Promise<StreamAdmin> {
  const connection = await connectNats(options);
  // The check would need `$JS.API.INFO`; the calls below say as much when JetStream is off.
  const manager = await jetstreamManager(connection, { checkAPI: false });
  return {
    ensureStream: (spec) => ensureStream(manager, spec),
    ensureConsumer: (spec) => ensureConsumer(manager, spec),
    streamState: async (name) => {
      const { state, cluster } = await manager.streams.info(name);
      const [messages, bytes, lastSequence] = [BigInt(state.messages), BigInt(state.bytes), BigInt(state.last_seq)];
      const followers = (cluster?.replicas ?? []).filter(({ current, offline }) => current && offline !== true).length;
      return { messages, bytes, lastSequence, leader: cluster?.leader, followers };
    },
    close: () => connection.close(),
  };
}

/** Pushes account tokens over the system account, as the system role; `close` it after use. */
export async function connectClaimsPublisher(options: NatsOptions): Promise<ClaimsPublisher & { close(): Promise<void> }> {
  const connection = await connectNats(options);
  return { publishAccountClaims: (jwt) => publishAccountClaims(connection, jwt), close: () => connection.close() };
}

async function publishAccountClaims(connection: NatsConnection, accountJwt: string): Promise<void> {
  let text: string;
  try {
    text = decodeUtf8((await connection.request("$SYS.REQ.CLAIMS.UPDATE", encodeUtf8(accountJwt), { timeout: CLAIMS_TIMEOUT_MS })).data);
  } catch (error) {
    throw new ClaimsRejectedError(error instanceof Error ? error.message : String(error), { cause: error });
  }
  const answer = JSON.parse(text) as { readonly data?: { readonly code?: number }; readonly error?: { readonly description?: string } };
  if (answer.data?.code !== 200) throw new ClaimsRejectedError(answer.error?.description ?? text);
}

async function ensureStream(manager: JetStreamManager, spec: StreamSpec): Promise<void> {
  const config = {
    name: spec.name,
    subjects: [...spec.subjects],
    storage: StorageType.File,
    retention: spec.retention === "interest" ? RetentionPolicy.Interest : RetentionPolicy.Limits,
    discard: spec.discard === "new" ? DiscardPolicy.New : DiscardPolicy.Old,
    num_replicas: spec.replicas,
    duplicate_window: nanos(spec.dedupeWindowMs),
    max_bytes: spec.bytesMax,
    max_age: nanos(spec.ageMsMax),
    max_msg_size: spec.messageBytesMax,
    max_msgs_per_subject: spec.subjectMessagesMax ?? UNLIMITED,
    // Nobody is to take back what was acknowledged, with whatever permission.
    deny_delete: true,
    deny_purge: true,
  };
  const found = await manager.streams.info(spec.name).catch((error: unknown) => {
    if (error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND) return undefined;
    throw error;
  });
  if (found === undefined) return void (await manager.streams.add(config));
  for (const fixed of ["storage", "retention"] as const) {
    if (found.config[fixed] !== config[fixed])
      throw new StreamMismatchError({ stream: spec.name, expected: `${fixed} ${config[fixed]}`, found: String(found.config[fixed]) });
  }
  await manager.streams.update(spec.name, config);
}

async function ensureConsumer(manager: JetStreamManager, spec: ConsumerSpec): Promise<void> {
  // Creating a consumer anew with the same settings is no error; with others it is an update.
  await manager.consumers.add(spec.stream, {
    durable_name: spec.durable,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    ack_wait: nanos(spec.ackWaitMs),
    max_deliver: spec.deliverMax,
    max_ack_pending: spec.ackPendingMax,
  });
}
