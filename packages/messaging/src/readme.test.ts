import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { nodeEnv } from "@lamina/primitives/node";
import { expect, test } from "vitest";
import { decodeMessage, encodeMessage, messageSchemas, Refusal, workService } from "./index.ts";
import { MemoryBroker } from "./testing/memory-broker.ts";

test("the example of the README runs as it stands there", async () => {
  const broker = new MemoryBroker(nodeEnv());
  const worker = broker.connect({ role: "worker", id: "w1" });
  const gateway = broker.connect({ role: "gateway", id: "g1", spenderIds: [] });
  const job = new Uint8Array(140);

  // example
  worker.serve(workService("w1"), async ({ payload, signal }) => {
    const request = decodeMessage(messageSchemas.workRequest, payload);
    if (request.items.length === 0) throw new Refusal("EMPTY", "a job has at least one item");
    signal.throwIfAborted();
    return encodeMessage(messageSchemas.workReply, { reply: { case: "answer", value: { outputs: request.items } } });
  });
  const request = encodeMessage(messageSchemas.workRequest, { job, items: [{ tensors: [] }] });
  const answer = await gateway.request(workService("w1"), request, { timeoutMs: 2_000 });
  const { reply } = decodeMessage(messageSchemas.workReply, answer);
  // end

  expect(reply.case).toBe("answer");
  const source = await readFile(fileURLToPath(import.meta.url), "utf8");
  const example = /\/\/ example\n([\s\S]*?) {2}\/\/ end/.exec(source)?.[1] ?? "";
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  expect(readme).toContain(example.replace(/^ {2}/gm, ""));
});
