import { fromHex } from "@lamina/primitives";
import { nodeEd25519VerifyLater } from "@lamina/primitives/node";
import { loadVectors } from "@lamina/testing";
import { describe, expect, test } from "vitest";
import { pooledVerifier } from "./verify-job.ts";

describe("the pool's verdict is the strict rule's", () => {
  const pooled = pooledVerifier({ atOnce: 2 }, nodeEd25519VerifyLater);
  const vectors = loadVectors<{ publicKey: string; message: string; signature: string }, boolean>("ed25519/verify");
  test.each(vectors)("$name", async ({ input, expected }) => {
    expect(await pooled(fromHex(input.publicKey), fromHex(input.message), fromHex(input.signature))).toBe(expected);
  });
});

test("no more at once than allowed, and a failure frees its place", async () => {
  let underWay = 0;
  let most = 0;
  const verify = pooledVerifier({ atOnce: 2 }, async (_, message) => {
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
    if (message[0] === 1) throw new Error("broken");
    return true;
  });
  const [vector] = loadVectors<{ publicKey: string; message: string; signature: string }, boolean>("ed25519/verify");
  const key = fromHex(vector?.input.publicKey ?? "");
  const signature = fromHex(vector?.input.signature ?? "");
  const verdicts = await Promise.allSettled(Array.from({ length: 9 }, (_, at) => verify(key, Uint8Array.of(at % 3), signature)));
  expect(verdicts.map(({ status }) => status === "fulfilled")).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8].map((at) => at % 3 !== 1));
  expect(most).toBe(2);
});
