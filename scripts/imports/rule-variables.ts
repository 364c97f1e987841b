import type { SourceFile } from "./source-file.ts";
import type { Violation } from "./violation.ts";
import { isTestCode } from "./violation.ts";

/** Every environment variable that a program reads has a line in `.env.example`, and every line there a reader. */
export function checkVariables(files: readonly SourceFile[], example: string, otherReaders: string): Violation[] {
  const listed = new Map(
    example.split("\n").flatMap((text, index) => {
      const name = /^#?\s*([A-Z][A-Z0-9_]*)=/.exec(text)?.[1];
      return name === undefined ? [] : [[name, index + 1] as const];
    }),
  );
  const read = files
    .filter(({ path }) => !isTestCode(path))
    .flatMap(({ path, variables }) =>
      variables.filter(({ kind }) => kind === "read" || /^apps\/[^/]+\/src\/config\.ts$/.test(path)).map(({ name, line }) => ({ name, line, path })),
    );
  const known = new Set(read.map(({ name }) => name));
  const missing = read
    .filter(({ name }) => !listed.has(name))
    .map(({ name, line, path }) => ({
      path,
      line,
      rule: "variable" as const,
      message: `${name} has no line in .env.example`,
    }));
  const idle = [...listed]
    .filter(([name]) => !known.has(name) && !otherReaders.includes(name))
    .map(([name, line]) => ({
      path: ".env.example",
      line,
      rule: "variable" as const,
      message: `${name} is read by nothing`,
    }));
  return [...missing, ...idle];
}
