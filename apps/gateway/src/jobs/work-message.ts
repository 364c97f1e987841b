import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { Item, Tensor } from "@lamina/codec";
import { isElementType } from "@lamina/codec";
import { bus } from "@lamina/protocol";
import type { PreparedJob } from "./prepared-job.ts";

/** The bytes that go to the worker. */
export function encodeWorkRequest(prepared: PreparedJob, timeoutMs: number): Uint8Array {
  const message = create(bus.WorkRequestSchema, {
    job: prepared.jobBytes,
    jobSignature: prepared.signature,
    salt: prepared.private.salt,
    parameters: prepared.private.parameters,
    reference: prepared.private.reference,
    items: prepared.items.map((item) => ({ tensors: item.map(({ type, dims, data }) => ({ type, dims: [...dims], data })) })),
    deadlineMs: BigInt(Math.max(1, Math.ceil(timeoutMs))),
  });
  return toBinary(bus.WorkRequestSchema, message);
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
