import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { SeededRng } from "@lamina/testing";
import { expect, test } from "vitest";
import { inspectModel } from "./inspect-model.ts";
import type { GateSignature } from "./signature.ts";
import { endlessLoop, memoryBomb } from "./testing/hostile-models.ts";
import { mutate } from "./testing/mutate.ts";

const ROUNDS = process.env["LAMINA_LONG"] === "1" ? 200_000 : 8_000;

const signature: GateSignature = {
  inputs: [{ name: "features", type: 1 }],
  outputs: [
    { name: "scores", type: 1 },
    { name: "label", type: 7 },
  ],
  profiles: [
    {
      id: 1,
      inputs: [[1, 30]],
      outputs: [
        [1, 2],
        [1, 1],
      ],
    },
  ],
};
const seeds = [
  readFileSync(fileURLToPath(new URL("../../models/catalog/breast-cancer/model.onnx", import.meta.url))),
  readFileSync(fileURLToPath(new URL("../../models/catalog/digits/model.onnx", import.meta.url))),
  memoryBomb(),
  endlessLoop(),
].map((bytes) => new Uint8Array(bytes));

test(`${ROUNDS} mutated files: each is accepted or refused, none throws`, () => {
  const rng = new SeededRng(20_260);
  const kinds = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round++) {
    const seed = seeds[rng.below(seeds.length)] ?? new Uint8Array();
    const inspection = inspectModel(mutate(rng, seed), signature);
    const kind = inspection.kind === "accepted" ? "accepted" : inspection.refusal.kind;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  // The mutations reach past the reader: without these the fuzzer would test cut files alone.
  for (const kind of ["accepted", "malformed", "forbidden", "unknown-operator", "invalid-graph", "mismatch"])
    expect(kinds.get(kind)).toBeGreaterThan(0);
});
