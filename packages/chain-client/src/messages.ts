import { create, type DescMessage, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { type GeneratedType, Registry } from "@cosmjs/proto-signing";
import { defaultRegistryTypes } from "@cosmjs/stargate";
import { transactionSchemas } from "@lamina/protocol";

/** One message of a transaction, as CosmJS' registry encodes it. */
export interface TxMessage {
  readonly typeUrl: string;
  readonly value: unknown;
}

/** A message of one of Lamina's modules. */
export function txMessage<Desc extends DescMessage>(schema: Desc, init: MessageInitShape<Desc>): TxMessage {
  return { typeUrl: `/${schema.typeName}`, value: create(schema, init) };
}

/** Sends `ulam` from one account to another. */
export function bankSend(fromAddress: string, toAddress: string, ulam: bigint): TxMessage {
  return { typeUrl: "/cosmos.bank.v1beta1.MsgSend", value: { fromAddress, toAddress, amount: [{ denom: DENOM, amount: `${ulam}` }] } };
}

export const DENOM = "ulam";
export const ADDRESS_PREFIX = "lamina";

/** CosmJS' registry with the messages of the SDK that it knows itself and all of Lamina's. */
export function txRegistry(): Registry {
  const ours = transactionSchemas.map((schema): [string, GeneratedType] => [`/${schema.typeName}`, generatedType(schema)]);
  return new Registry([...defaultRegistryTypes, ...ours]);
}

/** What CosmJS wants of a message type, over a protobuf-es schema. */
function generatedType(schema: DescMessage): GeneratedType {
  return {
    encode: (message: MessageInitShape<typeof schema>) => ({ finish: () => toBinary(schema, create(schema, message)) }) as never,
    decode: (bytes: Uint8Array) => fromBinary(schema, bytes),
    fromPartial: (init: MessageInitShape<typeof schema>) => create(schema, init),
  };
}
