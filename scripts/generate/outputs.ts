import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { GeneratedTree } from "./plugins.ts";

/** Puts generated files in their places and removes those whose definition is gone. Files that are equal stay untouched. */
export function replaceTrees(trees: readonly GeneratedTree[]): void {
  for (const { source, target, owns } of trees) {
    const wanted = filesBelow(source);
    for (const path of filesBelow(target).filter(owns)) {
      if (!wanted.includes(path)) rmSync(join(target, path));
    }
    for (const path of wanted.filter((path) => !sameContent(join(source, path), join(target, path)))) {
      mkdirSync(dirname(join(target, path)), { recursive: true });
      cpSync(join(source, path), join(target, path));
    }
  }
}

/** One line for each file that is missing, left over or different. */
export function compareTrees(trees: readonly GeneratedTree[]): string[] {
  return trees.flatMap(({ source, target, owns }) => {
    const wanted = filesBelow(source);
    const left = filesBelow(target).filter((path) => owns(path) && !wanted.includes(path));
    const stale = wanted.filter((path) => !sameContent(join(source, path), join(target, path)));
    return [
      ...left.map((path) => `${join(target, path)}: its definition is gone`),
      ...stale.map((path) => `${join(target, path)}: missing or not current`),
    ];
  });
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => statSync(join(folder, path)).isFile())
    .sort();
}

function sameContent(first: string, second: string): boolean {
  return existsSync(second) && readFileSync(first).equals(readFileSync(second));
}
