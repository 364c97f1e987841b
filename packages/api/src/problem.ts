import type { z } from "zod";

/** What is wrong with a request, in words that name the field; the values themselves are not repeated (I31). */
export interface SchemaProblem {
  /** Such as `inputs.0.shape`; empty for the body itself. */
  readonly path: string;
  readonly message: string;
}

export type Checked<T> = { readonly kind: "valid"; readonly value: T } | { readonly kind: "invalid"; readonly problem: SchemaProblem };

/** Checks a value against its schema. Never throws for what a client sent. */
export function check<Schema extends z.ZodType>(schema: Schema, value: unknown): Checked<z.output<Schema>> {
  const result = schema.safeParse(value);
  if (result.success) return { kind: "valid", value: result.data };
  return { kind: "invalid", problem: problemOf(result.error.issues[0]) };
}

function problemOf(issue: z.core.$ZodIssue | undefined): SchemaProblem {
  if (issue === undefined) return { path: "", message: "the request does not fit its schema" };
  const path = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys")
    return {
      path: [path, issue.keys[0]].filter((each) => each !== "").join("."),
      message: `unknown field${issue.keys.length > 1 ? "s" : ""}: ${issue.keys.slice(0, 5).map(quoted).join(", ")}`,
    };
  return { path, message: `${path === "" ? "the body" : path}: ${issue.message}` };
}

function quoted(key: string): string {
  return JSON.stringify(key.slice(0, 64));
}
