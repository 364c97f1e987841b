import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { encodeUtf8, type ModelId, chainId as makeChainId } from "@lamina/primitives";
import { nodeEd25519Signer } from "@lamina/primitives/node";
import { fakeEnv } from "@lamina/testing";
import { expect, test } from "vitest";
import { computeJobId, itemsCommitment, type Job, NO_PARAMETERS, privateCommitment, signJobBytes, verifySignature } from "./index.ts";

test("the example of the README runs as it stands there", async () => {
  const { random } = fakeEnv(1);
  const chainId = makeChainId("lamina-test-1");
  const spender = nodeEd25519Signer(random.bytes(32));
  const worker = nodeEd25519Signer(random.bytes(32)).publicKey;
  const offered = { worker, model: random.bytes(32) as ModelId, profile: 1, unitPrice: 25n };
  const items = [[{ type: 7 as const, dims: [1, 16], data: random.bytes(128) }]];
  const reference = encodeUtf8("order 17");

  // example
  const salt = random.bytes(32);
  const inputCommitment = itemsCommitment(items, "input", salt);
  const h = privateCommitment({ salt, inputCommitment, parameters: NO_PARAMETERS, reference });
  const job: Job = { ...offered, level: 1, param: 0, lane: 7n, nonce: 41, items: items.length, ceiling: 500n, settleBy: 12_000n, h };
  const jobId = computeJobId(chainId, job);
  const signature = await spender.sign(signJobBytes(chainId, jobId, job.settleBy));
  // end

  expect(verifySignature(spender.publicKey, signJobBytes(chainId, jobId, job.settleBy), signature)).toBe(true);
  const source = await readFile(fileURLToPath(import.meta.url), "utf8");
  const example = /\/\/ example\n([\s\S]*?) {2}\/\/ end/.exec(source)?.[1] ?? "";
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  expect(readme).toContain(example.replace(/^ {2}/gm, ""));
});
