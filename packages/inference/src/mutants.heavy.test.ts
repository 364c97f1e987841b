import { mkdtemp, readFile, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { catalogFolder } from "@lamina/models";
import { endlessLoop, memoryBomb, mutate } from "@lamina/onnx/testing";
import { BaseError } from "@lamina/primitives";
import { nodeEnv } from "@lamina/primitives/node";
import { SeededRng } from "@lamina/testing";
import { expect, test } from "vitest";
import { probeWrappers } from "./child-command.ts";
import { ChildProcess } from "./child-process.ts";

const LONG = process.env["LAMINA_LONG"] === "1";
const MUTANTS = LONG ? 100_000 : 24;
/** Tried at once, each in a process of its own. */
const LANES = LONG ? availableParallelism() : 1;
const TIMEOUT_MS = 3_600_000 * (LONG ? 24 : 1);
const LOAD_BUDGET_MS = 10_000;
const RUN_BUDGET_MS = 500;

/** Whatever native code makes of a broken file, it does so in a process of its own, and we hear of it in time (T24). */
test(`${MUTANTS} mutated models given to the runtime without the gate: each ends in an answer or a typed error`, {
  timeout: TIMEOUT_MS,
}, async () => {
  const env = nodeEnv();
  const folder = await mkdtemp(`${tmpdir()}/lamina-mutants-`);
  const program = {
    nodePath: process.execPath,
    confinement: { uid: 65_533, gid: 65_533 },
    limits: { memoryBytesMax: 2 ** 28 },
    wrappers: await probeWrappers(env),
  };
  const digits = new Uint8Array(await readFile(`${catalogFolder("digits")}/model.onnx`));
  const seeds = [
    { graph: digits, input: "features", output: "scores", dims: [1, 64] },
    { graph: memoryBomb(), input: undefined, output: "y", dims: [] },
    { graph: endlessLoop(), input: "v", output: "y", dims: [1] },
  ];
  const before = process.memoryUsage().rss;
  const kinds = new Set<string>();
  const tryMutant = async (mutant: number) => {
    // Its own seed, so that one that does harm can be made again alone.
    const rng = new SeededRng(77_000_000 + mutant);
    const { graph, input, output, dims } = rng.pick(seeds);
    const load = { provider: "cpu", inputs: input === undefined ? [] : [input], outputs: [output], resultBytesMax: 65_536 };
    const options = { model: "mutant", program, cwd: folder, graph: mutate(rng, graph, 2), load, loadBudgetMs: LOAD_BUDGET_MS, childEnv: {} };
    try {
      const child = await ChildProcess.start(options, env);
      const bytes = dims.reduce((product, dim) => product * dim, 4);
      const tensors = input === undefined ? [] : [{ type: 1, dims, data: new Uint8Array(bytes) } as const];
      await child.run(tensors, RUN_BUDGET_MS).finally(() => child.stop());
      kinds.add("answered");
    } catch (error) {
      expect(error, `mutant ${mutant}`).toBeInstanceOf(BaseError);
      kinds.add((error as BaseError).code);
    }
  };
  let next = 0;
  const lane = async () => {
    while (next < MUTANTS) await tryMutant(next++);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  await rm(folder, { recursive: true, force: true });
  expect(kinds.size).toBeGreaterThan(1);
  expect(process.memoryUsage().rss - before).toBeLessThan(128 * 2 ** 20);
});
