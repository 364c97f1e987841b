import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const MUTATIONS = fileURLToPath(new URL(".", import.meta.url));

/** A wrong change and the test that must notice it. */
export interface Mutation {
  readonly name: string;
  readonly invariant: string;
  readonly runner: "go" | "vitest";
  /** What the runner is told, word by word. */
  readonly words: readonly string[];
  /** Changed files, from the repository's root. */
  readonly files: readonly string[];
  readonly patchPath: string;
}

export function listMutations(): Mutation[] {
  return readdirSync(MUTATIONS)
    .filter((name) => name.endsWith(".patch"))
    .sort()
    .map(readMutation);
}

/** One of each invariant (I…), those that need no Go compiler first: what the everyday suite runs. Attacks (T…) and second ones are for the long one. */
export function everyday(mutations: readonly Mutation[]): Mutation[] {
  const chosen = new Map<string, Mutation>();
  for (const mutation of mutations) {
    if (!mutation.invariant.startsWith("I")) continue;
    const other = chosen.get(mutation.invariant);
    if (other === undefined || (other.runner === "go" && mutation.runner === "vitest")) chosen.set(mutation.invariant, mutation);
  }
  return [...chosen.values()];
}

function readMutation(name: string): Mutation {
  const patchPath = join(MUTATIONS, name);
  const lines = readFileSync(patchPath, "utf8").split("\n");
  const head = lines.slice(
    0,
    lines.findIndex((line) => line.startsWith("--- ")),
  );
  const invariant = headValue(head, "invariant");
  const runner = head.some((line) => line.startsWith("go:")) ? "go" : "vitest";
  const command = headValue(head, runner);
  const files = lines.filter((line) => line.startsWith("+++ b/")).map((line) => line.slice("+++ b/".length).trim());
  if (invariant === undefined || command === undefined || files.length === 0) {
    throw new Error(`${name}: expected lines "invariant:" and "go:" or "vitest:" before a diff of at least one file`);
  }
  return { name, invariant, runner, words: command.split(/\s+/), files, patchPath };
}

function headValue(head: readonly string[], key: string): string | undefined {
  const line = head.find((each) => each.startsWith(`${key}:`));
  return line?.slice(key.length + 1).trim();
}
