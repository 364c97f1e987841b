import { fromBinary } from "@bufbuild/protobuf";
import { cancelBytes, type Job, verifySignature } from "@lamina/codec";
import { chainId, jobId } from "@lamina/primitives";
import { nodeEd25519Signer } from "@lamina/primitives/node";
import { bus } from "@lamina/protocol";
import { expect, test } from "vitest";
import { cancelRequest } from "./cancel-request.ts";

test("a cancellation is signed for its job, chain and expiry by the spender, and for nothing else (T27)", () => {
  const chain = chainId("lamina-test-1");
  const spender = nodeEd25519Signer(new Uint8Array(32).fill(2));
  const id = jobId(new Uint8Array(32).fill(7));
  const job = { settleBy: 300n } as Job;
  const { jobId: found, settleBy, signature } = fromBinary(bus.CancelRequestSchema, cancelRequest(chain, { jobId: id, job }, spender));
  expect([found, settleBy]).toEqual([id, 300n]);
  const holds = (statement: Uint8Array) => verifySignature(spender.publicKey, statement, signature);
  expect(holds(cancelBytes(chain, id, 300n))).toBe(true);
  expect(holds(cancelBytes(chain, id, 301n))).toBe(false);
  expect(holds(cancelBytes(chainId("lamina-other-1"), id, 300n))).toBe(false);
  expect(holds(cancelBytes(chain, jobId(new Uint8Array(32).fill(8)), 300n))).toBe(false);
});
