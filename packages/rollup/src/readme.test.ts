import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { genesisParent } from "@lamina/codec";
import { expect, test } from "vitest";
import { arrive, draftBlock, planBlock } from "./index.ts";
import { SampleLog, sampleChain } from "./testing/sample-log.ts";

test("the example of the README runs as it stands there", async () => {
  const log = new SampleLog(1, 3);
  const chainId = sampleChain;
  const segment = log.segment(0, 3);
  let queue = log.empty();

  // example
  const arrival = arrive(queue, segment, (_, rest) => rest);
  if (arrival.kind === "queued") queue = arrival.queue;
  const plan = planBlock([queue], { rowsMax: 4_000, runsMax: 64 });
  const draft = plan && draftBlock(plan, { chainId, term: 1n, number: 1n, parent: genesisParent(chainId), referenceHeight: 40n });
  // end

  expect(draft?.placed.header).toMatchObject({ rows: 3, runs: 1, charges: 18n });
  const source = await readFile(fileURLToPath(import.meta.url), "utf8");
  const example = /\/\/ example\n([\s\S]*?) {2}\/\/ end/.exec(source)?.[1] ?? "";
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  expect(readme).toContain(example.replace(/^ {2}/gm, ""));
});
