import { HEADS_STREAM, headsDurable } from "./heads-archive.ts";
import { ALL_DEAD_LETTERS, ALL_HEADS, ALL_RESULTS, DEAD_STREAM, type Peer, RESULTS_STREAM, resultsDurable, type Subject } from "./subjects.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const KIB = 1024;
const MIB = 1024 * KIB;

/** A stream on disk; every write is synced by the server's own setting. */
export interface StreamSpec {
  readonly name: string;
  readonly subjects: readonly Subject[];
  /** 1 on a devnet, 3 in production. */
  readonly replicas: number;
  /** `interest`: a message goes once every durable consumer acknowledged it; `limits`: only by age and size. */
  readonly retention: "interest" | "limits";
  /** What gives way when the stream is full: the `new` message (its sender sees an error and keeps it) or the `old` ones. */
  readonly discard: "new" | "old";
  /** How long a message id is remembered. */
  readonly dedupeWindowMs: number;
  readonly bytesMax: number;
  readonly ageMsMax: number;
  readonly messageBytesMax: number;
  /** Messages kept of one subject, the oldest give way; any number where not given. */
  readonly subjectMessagesMax?: number;
}

export interface ConsumerSpec {
  readonly stream: string;
  readonly durable: string;
  /** After it, a message without a verdict comes again. */
  readonly ackWaitMs: number;
  /** The server's own bound on deliveries of any kind, the last defence; `ConsumeQueue.attemptsMax` leads to the dead letters long before (T20). */
  readonly deliverMax: number;
  /** Messages delivered and without a verdict, at most. */
  readonly ackPendingMax: number;
}

export interface StreamOptions {
  readonly replicas: number;
  readonly resultsBytesMax?: number;
}

/**
 * Signed results on their way to the sequencers. A full stream refuses: the worker keeps what it has in its outbox and knows. The window covers
 * reconnects; a later sending of the same result carries another message id on purpose (see `outboxMessageId`).
 */
export function resultsStream(options: StreamOptions): StreamSpec {
  return {
    name: RESULTS_STREAM,
    subjects: [ALL_RESULTS],
    replicas: options.replicas,
    retention: "interest",
    discard: "new",
    dedupeWindowMs: 2 * MINUTE_MS,
    bytesMax: options.resultsBytesMax ?? 1024 * MIB,
    ageMsMax: HOUR_MS,
    messageBytesMax: MIB,
  };
}

/** What consumers could not handle, for people to look at; what is lost here is still in its worker's outbox. */
export function deadStream(options: StreamOptions): StreamSpec {
  return {
    name: DEAD_STREAM,
    subjects: [ALL_DEAD_LETTERS],
    replicas: options.replicas,
    retention: "limits",
    discard: "old",
    dedupeWindowMs: 2 * MINUTE_MS,
    bytesMax: 64 * MIB,
    ageMsMax: 30 * DAY_MS,
    messageBytesMax: MIB,
  };
}

/**
 * Signed heads for whoever comes late: two at one index convict a worker (T29), and a client may force in what a head covers. A worker that floods
 * drives out nobody's heads but its own. Copies: each row is in RESULTS and in its worker's journal too.
 */
export function headsStream(options: StreamOptions): StreamSpec {
  return {
    name: HEADS_STREAM,
    subjects: [ALL_HEADS],
    replicas: options.replicas,
    retention: "limits",
    discard: "old",
    dedupeWindowMs: 2 * MINUTE_MS,
    bytesMax: 64 * MIB,
    ageMsMax: 7 * DAY_MS,
    messageBytesMax: 4 * KIB,
    subjectMessagesMax: 256,
  };
}

/** Of one reader, from the oldest head that is kept. */
export function headsConsumer(reader: Peer): ConsumerSpec {
  return { stream: HEADS_STREAM, durable: headsDurable(reader), ackWaitMs: RESULTS_ACK_WAIT_MS, deliverMax: 1_000, ackPendingMax: 20_000 };
}

/** A sequencer that was killed gets its unacknowledged results again within this wait (I33). */
export const RESULTS_ACK_WAIT_MS = 15_000;

export function resultsConsumer(sequencerId: string): ConsumerSpec {
  return { stream: RESULTS_STREAM, durable: resultsDurable(sequencerId), ackWaitMs: RESULTS_ACK_WAIT_MS, deliverMax: 1_000, ackPendingMax: 20_000 };
}
