import type { ChainId } from "@lamina/primitives";
import { nodeEd25519Signer } from "@lamina/primitives/node";
import { registry } from "@lamina/protocol";
import { recordingLogger } from "@lamina/telemetry/testing";
import { fakeEnv } from "@lamina/testing";
import { expect, test } from "vitest";
import { TestChain } from "../testing/test-chain.ts";
import { Follower } from "./follower.ts";

const worker = nodeEd25519Signer(new Uint8Array(32).fill(1)).publicKey;

async function following() {
  const env = fakeEnv(1);
  const logger = recordingLogger();
  const chain = new TestChain("lamina-test-1" as ChainId, worker, new Uint8Array(32), 3n);
  const follower = await Follower.start({ worker, pollMs: 200 }, { env, chain, logger });
  const heard: bigint[] = [];
  follower.onFacts(({ height }) => heard.push(height));
  follower.follow();
  return { env, logger, chain, follower, heard };
}

test("tells of each new height once, and asks little while there is none", async () => {
  const { env, chain, follower, heard } = await following();
  let questions = 0;
  chain.operatorByKey = async () => {
    questions += 1;
    return chain.operator;
  };
  await env.advance(2_000);
  expect([heard, questions]).toEqual([[], 0]);
  expect(follower.ageMs()).toBeLessThanOrEqual(200);
  chain.heightNow = 105n;
  chain.operator.region = "us";
  await env.advance(1_000);
  expect([heard, questions]).toEqual([[105n], 1]);
  expect(follower.facts.operator.region).toBe("us");
});

test("believes no older height: what was accepted stays accepted", async () => {
  const { env, chain, follower, heard } = await following();
  chain.heightNow = 90n;
  await env.advance(1_000);
  expect(follower.facts.height).toBe(100n);
  expect(follower.ageMs()).toBe(1_000);
  expect(heard).toEqual([]);
});

test("says once that the chain cannot be read, and once that it can again", async () => {
  const { env, chain, logger } = await following();
  chain.isReachable = false;
  await env.advance(3_000);
  chain.isReachable = true;
  await env.advance(3_000);
  expect(logger.lines.map(({ message }) => message)).toEqual(["the chain cannot be read", "the chain answers again"]);
});

test("parameters are read again, though rarely", async () => {
  const { env, chain, follower } = await following();
  const before = await chain.rollupParams();
  chain.rollupParams = async () => ({ ...before, signatureFee: 9n });
  for (let each = 0; each < 130; each++) {
    chain.heightNow += 1n;
    await env.advance(200);
  }
  expect(follower.facts.rules.signatureFee).toBe(9n);
});

test("an operator that is not a worker is none", async () => {
  const env = fakeEnv(1);
  const chain = new TestChain("lamina-test-1" as ChainId, worker, new Uint8Array(32), 3n);
  chain.key.role = registry.OperatorRole.SEQUENCER;
  const dependencies = { env, chain, logger: recordingLogger() };
  await expect(Follower.start({ worker, pollMs: 200 }, dependencies)).rejects.toMatchObject({ code: "NOT_REGISTERED" });
});
