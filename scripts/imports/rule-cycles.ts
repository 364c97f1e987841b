import { posix } from "node:path";
import type { SourceFile } from "./source-file.ts";
import type { Violation } from "./violation.ts";

/** Reports each cycle of relative imports once, at the file that closes it. Type-only imports count: a cycle of ideas is one too. */
export function checkCycles(files: readonly SourceFile[]): Violation[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const state = new Map<string, "open" | "done">();
  const trail: string[] = [];
  const violations: Violation[] = [];

  function walk(file: SourceFile): void {
    state.set(file.path, "open");
    trail.push(file.path);
    for (const { specifier, line } of file.imports) {
      const target = specifier.startsWith(".") ? byPath.get(posix.join(posix.dirname(file.path), specifier)) : undefined;
      if (target === undefined) continue;
      if (state.get(target.path) === "open") {
        const ring = [...trail.slice(trail.indexOf(target.path)), target.path];
        violations.push({ path: file.path, line, rule: "cycle", message: `imports run in a ring: ${ring.join(" → ")}` });
      } else if (!state.has(target.path)) walk(target);
    }
    trail.pop();
    state.set(file.path, "done");
  }

  for (const file of files) if (!state.has(file.path)) walk(file);
  return violations;
}
