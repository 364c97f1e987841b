import type { Adapter } from "./adapters.ts";
import { checkCycles } from "./rule-cycles.ts";
import { checkAdapters, checkBrowser, checkEnv } from "./rule-env.ts";
import { checkLadder, checkReferences } from "./rule-ladder.ts";
import { checkVariables } from "./rule-variables.ts";
import { readSource } from "./source-file.ts";
import type { Manifest, Violation } from "./violation.ts";

export interface Tree {
  /** Text of every TypeScript file, by path from the repository's root. */
  readonly sources: ReadonlyMap<string, string>;
  /** By folder; the root's is "". */
  readonly manifests: ReadonlyMap<string, Manifest>;
  /** Text of `.env.example`. */
  readonly environmentExample: string;
  /** Text of what reads the environment and is no product code in TypeScript: scripts, configuration, tests. */
  readonly otherReaders: string;
}

/** Generated code takes part in the graph of imports and is otherwise left alone. */
const GENERATED = /\/(gen|generated)\//;

/** Every rule over a whole tree, in the order of paths. */
export function checkTree(tree: Tree, adapters: Readonly<Record<string, Adapter>>): Violation[] {
  const files = [...tree.sources].map(([path, text]) => readSource(path, text));
  const written = files.filter(({ path }) => !GENERATED.test(path));
  const violations = [
    ...written.flatMap((file) => [...checkLadder(file, tree.manifests), ...checkEnv(file, adapters), ...checkBrowser(file)]),
    ...checkCycles(files),
    ...[...tree.manifests.values()].flatMap(checkReferences),
    ...checkVariables(written, tree.environmentExample, tree.otherReaders),
    ...checkAdapters([...tree.sources.keys()], adapters),
  ];
  return violations.sort((left, right) => (left.path === right.path ? left.line - right.line : left.path < right.path ? -1 : 1));
}
