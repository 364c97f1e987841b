import { computeJobId, type Job } from "@lamina/codec";
import { chainId, type Digest, type ModelId, type PublicKey, toHex } from "@lamina/primitives";
import fc from "fast-check";
import { test } from "vitest";
import { JobIds } from "./job-ids.ts";

const b32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const anyJob = fc
  .record({
    level: fc.integer({ min: 0, max: 255 }),
    param: fc.integer({ min: 0, max: 255 }),
    worker: b32.map((bytes) => bytes as PublicKey),
    lane: u64,
    nonce: fc.integer({ min: 0, max: 0xffffffff }),
    model: b32.map((bytes) => bytes as ModelId),
    profile: fc.integer({ min: 0, max: 0xffff }),
    items: fc.integer({ min: 0, max: 0xffffffff }),
    unitPrice: u64,
    ceiling: u64,
    settleBy: u64,
    h: b32.map((bytes) => bytes as Digest),
  })
  .map((job): Job => job);

test("ids are the codec's, whatever was hashed before", () => {
  for (const chain of ["lamina-1", "a", "b".repeat(50)].map(chainId)) {
    const ids = new JobIds(chain);
    fc.assert(fc.property(anyJob, (job) => toHex(ids.of(job)) === toHex(computeJobId(chain, job))));
  }
});
