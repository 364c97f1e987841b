import { type DescMessage, fromJson, type JsonValue, type MessageShape } from "@bufbuild/protobuf";
import { BaseError } from "@lamina/primitives";
import type { TxEvent } from "./tx-event.ts";

/** One message of a committed transaction, as posted. */
export interface CommittedMessage {
  /** Without the leading slash, as `lamina.rollup.v1.MsgSubmitBatch`. */
  readonly typeName: string;
  /** Protobuf. */
  readonly value: Uint8Array;
  /** Those that this message caused. */
  readonly events: readonly TxEvent[];
}

/** A transaction that succeeded: failed ones change nothing that an index holds. */
export interface CommittedTx {
  /** 32 bytes. */
  readonly hash: Uint8Array;
  readonly gasUsed: bigint;
  readonly messages: readonly CommittedMessage[];
}

/** One height of the chain: what was asked for and what it did. */
export interface CommittedBlock {
  readonly chainId: string;
  readonly height: bigint;
  /** Of the header, 32 bytes. */
  readonly hash: Uint8Array;
  /** Of the header before; empty at a chain's first height. */
  readonly previousHash: Uint8Array;
  /** Milliseconds since 1970. */
  readonly timeMs: number;
  readonly transactions: readonly CommittedTx[];
  /** Of the block's beginning and end, in order. */
  readonly events: readonly TxEvent[];
}

/** A typed event does not read as its definition says: the chain is of another version than this reader. */
export class EventShapeError extends BaseError<"EVENT_SHAPE"> {
  readonly details: { readonly event: string; readonly reason: string };
  constructor(event: string, reason: string, options?: ErrorOptions) {
    super("EVENT_SHAPE", `event ${event}: expected its fields as proto/ defines them, found: ${reason}`, options);
    this.details = { event, reason };
  }
}

/** What the SDK adds to events beside the message's own fields. */
const SDK_ATTRIBUTES = new Set(["msg_index", "mode"]);

/** The event as the message it was emitted from, or undefined for an event of another type. Throws `EventShapeError`. */
export function typedEvent<Desc extends DescMessage>(schema: Desc, event: TxEvent): MessageShape<Desc> | undefined {
  if (event.type !== schema.typeName) return undefined;
  try {
    const fields: Record<string, JsonValue> = {};
    for (const { key, value } of event.attributes) {
      if (!SDK_ATTRIBUTES.has(key) || schema.fields.some((field) => field.name === key)) fields[key] = JSON.parse(value) as JsonValue;
    }
    return fromJson(schema, fields);
  } catch (cause) {
    throw new EventShapeError(event.type, cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
