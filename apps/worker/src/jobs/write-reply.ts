import { create, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Item, LogId } from "@lamina/codec";
import { bus } from "@lamina/protocol";
import type { SignedHead, StoredResult } from "../log/result-log.ts";
import type { Refused } from "./refusal.ts";

/**
 * The field `outputs` of a WorkAnswer alone. Encoded messages may be joined, so the journal keeps these bytes and every answer, the repeated one too,
 * is its other fields with these behind them.
 */
export function writeOutputs(items: readonly Item[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const item of items) {
    writer.tag(bus.WorkAnswerSchema.field.outputs.number, WireType.LengthDelimited).fork();
    for (const { type, dims, data } of item) {
      writer.tag(bus.ItemSchema.field.tensors.number, WireType.LengthDelimited).fork();
      const { field } = bus.TensorSchema;
      writer.tag(field.type.number, WireType.Varint).uint32(type);
      writer.tag(field.dims.number, WireType.LengthDelimited).fork();
      for (const dim of dims) writer.uint32(dim);
      writer.join();
      writer.tag(field.data.number, WireType.LengthDelimited).bytes(data);
      writer.join();
    }
    writer.join();
  }
  return writer.finish();
}

/** A `WorkReply` with an answer. */
export function writeAnswer(log: LogId, stored: StoredResult): Uint8Array {
  const { row, previousHead, following, signed, outputs } = stored;
  const answer = new BinaryWriter();
  const { field } = bus.WorkAnswerSchema;
  answer.tag(field.row.number, WireType.LengthDelimited).bytes(row);
  answer.tag(field.previousHead.number, WireType.LengthDelimited).bytes(previousHead);
  for (const leafHash of following) answer.tag(field.following.number, WireType.LengthDelimited).bytes(leafHash);
  answer.tag(field.head.number, WireType.LengthDelimited).bytes(encodedHead(log, signed));
  answer.raw(outputs);
  const reply = new BinaryWriter();
  reply.tag(bus.WorkReplySchema.field.answer.number, WireType.LengthDelimited).bytes(answer.finish());
  return reply.finish();
}

/** One head covers many answers. */
const encodedHeads = new WeakMap<SignedHead, Uint8Array>();

function encodedHead(log: LogId, signed: SignedHead): Uint8Array {
  const known = encodedHeads.get(signed);
  if (known !== undefined) return known;
  const encoded = toBinary(bus.SignedHeadSchema, headMessage(log, signed));
  encodedHeads.set(signed, encoded);
  return encoded;
}

/** A `WorkReply` that says why not. */
export function writeRefusal({ reason, message }: Refused): Uint8Array {
  return toBinary(bus.WorkReplySchema, create(bus.WorkReplySchema, { reply: { case: "refused", value: { reason, message } } }));
}

export function headMessage({ worker, level, param, incarnation }: LogId, { count, head, signature }: SignedHead): bus.SignedHead {
  return create(bus.SignedHeadSchema, { worker, level, param, incarnation, count, head, signature });
}
