import { decodeRow, headAfter, headBytes, itemsCommitment, strictVerifier } from "@lamina/codec";
import { hashLeaf } from "@lamina/merkle";
import type { Digest } from "@lamina/primitives";
import { nodeEd25519Verify } from "@lamina/primitives/node";
import type { bus } from "@lamina/protocol";
import { expect, test } from "vitest";
import type { MadeRequest } from "./testing/make-request.ts";
import { CHAIN, TestWorld } from "./testing/test-world.ts";

const verify = strictVerifier(nodeEd25519Verify);

/** All that a client checks of an answer. */
export function checkAnswer(world: TestWorld, made: MadeRequest, { row, previousHead, following, head, outputs }: bus.WorkAnswer): void {
  const decoded = decodeRow(row);
  expect(decoded).toMatchObject({ ...made.job, incarnation: 0 });
  const items = outputs.map(({ tensors }) => tensors.map(({ type, dims, data }) => ({ type: type as 1, dims, data })));
  expect(decoded.output).toEqual(itemsCommitment(items, "output", made.salt));
  const after = headAfter(previousHead as Digest, [hashLeaf(row), ...following]);
  expect(head?.head).toEqual(after);
  expect(head?.count).toBe(decoded.index + BigInt(following.length) + 1n);
  const log = { worker: world.signer.publicKey, level: 1, param: 0, incarnation: 0 };
  const statement = headBytes(CHAIN, { ...log, count: head?.count ?? 0n, head: after });
  expect(verify(world.signer.publicKey, statement, head?.signature ?? new Uint8Array())).toBe(true);
}

test("a job is run, logged, signed, answered and published", async () => {
  const world = await TestWorld.make();
  await world.start();
  const made = world.request({ items: 2 });
  const answer = await world.answered(made);
  checkAnswer(world, made, answer);
  expect(decodeRow(answer.row)).toMatchObject({ index: 0n, units: 4n, charge: 12n });
  await world.env.advance(10);
  expect(world.published).toHaveLength(1);
  expect(world.published[0]).toMatchObject({ start: 0n, rows: [answer.row], jobSignatures: [made.message.jobSignature], head: answer.head });
  expect(world.heads).toEqual([answer.head]);
  await world.service?.drain();
});

test("many at once share fsyncs and heads, and each can be checked by itself", async () => {
  const world = await TestWorld.make();
  await world.start();
  const made = Array.from({ length: 150 }, () => world.request());
  const answers = await Promise.all(made.map((each) => world.answered(each)));
  for (const [at, answer] of answers.entries()) checkAnswer(world, made[at] as MadeRequest, answer);
  expect(new Set(answers.map(({ row }) => decodeRow(row).index)).size).toBe(150);
  expect(world.env.steps.filter((step) => step === "worker.log.synced").length).toBeLessThan(20);
  expect(Math.max(...answers.map(({ following }) => following.length))).toBeLessThan(32);
});
