import { ServerConfigError } from "./server-config-error.ts";

/** Puts a value in place of each `{{name}}`. Every placeholder has a value and every value a placeholder; throws `ServerConfigError` otherwise. */
export function fillTemplate(template: string, values: ReadonlyMap<string, string>): string {
  const used = new Set<string>();
  const text = template.replace(/\{\{([A-Za-z]+)\}\}/g, (_, name: string) => {
    const value = values.get(name);
    if (value === undefined) throw new ServerConfigError({ expected: `a placeholder of ${[...values.keys()].join(", ")}`, found: name });
    used.add(name);
    return value;
  });
  const unused = [...values.keys()].filter((name) => !used.has(name));
  if (unused.length > 0) throw new ServerConfigError({ expected: "a template that uses every value", found: `no {{${unused.join("}}, {{")}}}` });
  return text;
}

/** The configuration language has escapes and variables; values that would need them are refused, not translated. */
export function quote(value: string): string {
  const isPlain = [...value].every((character) => character >= " " && character !== '"' && character !== "\\");
  if (!isPlain) throw new ServerConfigError({ expected: "a value without quotes, backslashes and control characters", found: JSON.stringify(value) });
  return `"${value}"`;
}
