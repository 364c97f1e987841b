import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { Item } from "@lamina/codec";
import { digest } from "@lamina/primitives";
import { bus } from "@lamina/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeWorkReply, encodeWorkRequest } from "./work-message.ts";

const bytes = fc.uint8Array({ maxLength: 300 });
const item = fc.array(
  fc.record({ type: fc.constantFrom(1, 7, 9), dims: fc.array(fc.integer({ min: 1, max: 2 ** 31 - 1 }), { maxLength: 4 }), data: bytes }),
  {
    maxLength: 3,
  },
);

test("a request is what proto/ says", () => {
  fc.assert(
    fc.property(
      bytes,
      bytes,
      bytes,
      fc.array(item, { maxLength: 3 }),
      fc.double({ min: -5, max: 1e6, noNaN: true }),
      (job, salt, reference, items, timeoutMs) => {
        const inputCommitment = digest(new Uint8Array(32));
        const prepared = {
          jobBytes: job,
          signature: salt,
          private: { salt, inputCommitment, parameters: reference, reference },
          items: items as Item[],
        };
        const { $typeName: _, items: found, ...read } = fromBinary(bus.WorkRequestSchema, encodeWorkRequest(prepared, timeoutMs));
        expect(read).toEqual({
          job,
          jobSignature: salt,
          salt,
          parameters: reference,
          reference,
          deadlineMs: BigInt(Math.max(1, Math.ceil(timeoutMs))),
        });
        expect(found.map(({ tensors }) => tensors.map(({ type, dims, data }) => ({ type, dims, data })))).toEqual(items);
      },
    ),
  );
});

test("a reply that is none is told as malformed, whatever its bytes", () => {
  const empty = toBinary(bus.WorkReplySchema, create(bus.WorkReplySchema));
  for (const payload of [empty, new Uint8Array([255, 255]), new Uint8Array(3)]) expect(decodeWorkReply(payload).kind).toBe("malformed");
  fc.assert(fc.property(bytes, (payload) => void decodeWorkReply(payload)));
});
