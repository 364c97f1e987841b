import { headAfter } from "@lamina/codec";
import { hashLeaf } from "@lamina/merkle";
import type { Digest } from "@lamina/primitives";
import type { bus } from "@lamina/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LiveNetwork } from "./testing/live-network.ts";

let network: LiveNetwork;

beforeAll(async () => {
  network = await LiveNetwork.start();
});
afterAll(() => network?.stop());

function answerOf(reply: bus.WorkReply["reply"]): bus.WorkAnswer {
  if (reply.case !== "answer") throw new Error(`expected an answer, found ${JSON.stringify(reply.value?.message)}`);
  return reply.value;
}

test("without a journal it starts only when told that there was none", async () => {
  const refused = await network.startWorker();
  expect(await refused.exited).toBe(1);
  expect(refused.output()).toContain("start with --new-state where this key has never signed");
});

test("serves jobs, forces in what no sequencer takes, is paid, and drains on SIGTERM", async () => {
  const worker = await network.startWorker({}, ["--new-state"]);
  const made = await Promise.all(Array.from({ length: 40 }, () => network.request()));
  const answers = await Promise.all(made.map(async (each) => answerOf(await network.ask(each))));
  for (const { row, previousHead, following, head } of answers) {
    expect(headAfter(previousHead as Digest, [hashLeaf(row), ...following])).toEqual(head?.head);
  }
  await expect.poll(async () => (await network.reader.log(network.log)).count, { timeout: 30_000, interval: 100 }).toBe(40n);
  // Each row took its charge and the fee for its own signature.
  expect(await network.laneBalance()).toBe(network.laneUlam - 40n * (3n + 2n));
  await expect
    .poll(async () => (await network.reader.operatorByKey(network.signer.publicKey))?.openValue, { timeout: 30_000, interval: 100 })
    .toMatch(/^0?$/);
  worker.process.kill("SIGTERM");
  expect(await worker.exited).toBe(0);
  expect(worker.output()).toContain('"message":"drained"');
});
