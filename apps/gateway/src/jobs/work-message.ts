import { fromBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Item, Tensor } from "@lamina/codec";
import { isElementType } from "@lamina/codec";
import { bus } from "@lamina/protocol";
import type { PreparedJob } from "./prepared-job.ts";

const request = bus.WorkRequestSchema.field;
const tensor = bus.TensorSchema.field;

/** A `WorkRequest`: the bytes that go to the worker, written field by field, since there is one for every job. */
export function encodeWorkRequest(prepared: Pick<PreparedJob, "jobBytes" | "signature" | "private" | "items">, timeoutMs: number): Uint8Array {
  const { salt, parameters, reference } = prepared.private;
  const writer = new BinaryWriter();
  const bytes = (field: number, value: Uint8Array) => writer.tag(field, WireType.LengthDelimited).bytes(value);
  bytes(request.job.number, prepared.jobBytes);
  bytes(request.jobSignature.number, prepared.signature);
  bytes(request.salt.number, salt);
  bytes(request.parameters.number, parameters);
  bytes(request.reference.number, reference);
  for (const item of prepared.items) {
    writer.tag(request.items.number, WireType.LengthDelimited).fork();
    for (const each of item) writeTensor(writer, each);
    writer.join();
  }
  writer.tag(request.deadlineMs.number, WireType.Varint).uint64(BigInt(Math.max(1, Math.ceil(timeoutMs))));
  return writer.finish();
}

function writeTensor(writer: BinaryWriter, { type, dims, data }: Tensor): void {
  writer.tag(bus.ItemSchema.field.tensors.number, WireType.LengthDelimited).fork();
  writer.tag(tensor.type.number, WireType.Varint).uint32(type);
  writer.tag(tensor.dims.number, WireType.LengthDelimited).fork();
  for (const dim of dims) writer.uint32(dim);
  writer.join();
  writer.tag(tensor.data.number, WireType.LengthDelimited).bytes(data);
  writer.join();
}

export type WorkReply =
  | { readonly kind: "answer"; readonly answer: bus.WorkAnswer }
  | { readonly kind: "refused"; readonly reason: bus.WorkRefusal; readonly message: string }
  | { readonly kind: "malformed"; readonly problem: string };

/** Reads what a worker sent, which may be anything. Never throws. */
export function decodeWorkReply(payload: Uint8Array): WorkReply {
  try {
    const { reply } = fromBinary(bus.WorkReplySchema, payload);
    if (reply.case === "answer") return { kind: "answer", answer: reply.value };
    if (reply.case === "refused") return { kind: "refused", reason: reply.value.reason, message: reply.value.message };
    return { kind: "malformed", problem: "expected an answer or a refusal, found neither" };
  } catch (error) {
    return { kind: "malformed", problem: error instanceof Error ? error.message : "not protobuf" };
  }
}

/** The worker's tensors; undefined where one has an element type that does not exist. */
export function readItems(items: readonly bus.Item[]): Item[] | undefined {
  const read: Item[] = [];
  for (const { tensors } of items) {
    const item: Tensor[] = [];
    for (const { type, dims, data } of tensors) {
      if (!isElementType(type)) return undefined;
      item.push({ type, dims, data });
    }
    read.push(item);
  }
  return read;
}
