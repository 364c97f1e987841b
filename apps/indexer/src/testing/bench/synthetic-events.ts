import { create, type DescMessage, type JsonValue, type MessageInitShape, toJson } from "@bufbuild/protobuf";
import type { TxEvent } from "@lamina/chain-client";

/** A typed event as the SDK emits it: each field's JSON under its proto name. */
export function eventOf<Desc extends DescMessage>(schema: Desc, init: MessageInitShape<Desc>, messageIndex?: number): TxEvent {
  const fields = toJson(schema, create(schema, init), { useProtoFieldName: true, alwaysEmitImplicit: true }) as Record<string, JsonValue>;
  const attributes = Object.entries(fields).map(([key, value]) => ({ key, value: JSON.stringify(value) }));
  return {
    type: schema.typeName,
    attributes: messageIndex === undefined ? attributes : [...attributes, { key: "msg_index", value: `${messageIndex}` }],
  };
}

/** What the bank tells of coins that move. */
export function coinsMoved(kind: "received" | "spent", account: string, ulam: bigint): TxEvent {
  const key = kind === "received" ? "receiver" : "spender";
  return {
    type: `coin_${kind}`,
    attributes: [
      { key, value: account },
      { key: "amount", value: `${ulam}ulam` },
    ],
  };
}

/** A transaction of one message, unsigned: `TxRaw` of `TxBody` of `Any`. */
export function txOf(typeName: string, message: Uint8Array): Buffer {
  const any = Buffer.concat([field(1, Buffer.from(`/${typeName}`)), field(2, Buffer.from(message))]);
  return field(1, field(1, any));
}

/** A length-delimited protobuf field. */
function field(number: number, bytes: Buffer): Buffer {
  const length: number[] = [];
  let rest = bytes.length;
  for (; rest > 127; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128);
  return Buffer.concat([Buffer.from([number * 8 + 2, ...length, rest]), bytes]);
}
