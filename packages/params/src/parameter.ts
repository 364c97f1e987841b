import { BaseError } from "@lamina/primitives";

export type Unit =
  | "heights"
  | "entries"
  | "bytes"
  | "rows"
  | "blocks"
  | "runs"
  | "batches"
  | "ulam"
  | "ulam per row"
  | "1/10,000"
  | "gas"
  | "nonces"
  | "models";

/** One protocol constant: its unit, and the bounds that the chain holds it to (both ends included). */
export interface Parameter<Value extends number | bigint> {
  readonly unit: Unit;
  readonly min: Value;
  readonly max: Value;
}

/** The values of a group of parameters, each with the type that its protobuf field has. */
export type ValuesOf<Group> = { readonly [Name in keyof Group]: Group[Name] extends Parameter<infer Value> ? Value : never };

const U64_MAX = (1n << 64n) - 1n;

/** A parameter that is a uint64 on the chain. */
export function wide(unit: Unit, min = 0n, max: bigint = U64_MAX): Parameter<bigint> {
  return { unit, min, max };
}

/** A parameter that is a uint32 on the chain. */
export function narrow(unit: Unit, min: number, max: number): Parameter<number> {
  return { unit, min, max };
}

/** A preset holds what the protocol does not allow. */
export class BadPresetError extends BaseError<"BAD_PRESET"> {
  readonly details: { readonly parameter: string; readonly expected: string; readonly found: string };
  constructor(details: { parameter: string; expected: string; found: string }) {
    super("BAD_PRESET", `${details.parameter}: expected ${details.expected}, found ${details.found}`);
    this.details = details;
  }
}

type Group = Readonly<Record<string, Parameter<number> | Parameter<bigint>>>;

/** Reads a group from its genesis JSON: snake_case names, uint64 as decimal strings, uint32 as numbers. No field may be missing or unknown. */
export function readGroup<G extends Group>(group: G, json: Readonly<Record<string, unknown>>, where: string): ValuesOf<G> {
  const values: Record<string, number | bigint> = {};
  const unknown = new Set(Object.keys(json));
  for (const [name, parameter] of Object.entries(group)) {
    const field = toSnakeCase(name);
    unknown.delete(field);
    values[name] = readValue(parameter, json[field], `${where}.${field}`);
  }
  const [extra] = unknown;
  if (extra !== undefined) throw new BadPresetError({ parameter: `${where}.${extra}`, expected: "a known parameter", found: "none of this name" });
  return Object.freeze(values) as ValuesOf<G>;
}

function readValue(parameter: Parameter<number> | Parameter<bigint>, found: unknown, name: string): number | bigint {
  const isWide = typeof parameter.min === "bigint";
  const expected = `${isWide ? "a decimal string" : "an integer"} in ${parameter.min}..${parameter.max} (${parameter.unit})`;
  const wellFormed = isWide ? typeof found === "string" && /^(0|[1-9][0-9]*)$/.test(found) : Number.isInteger(found);
  if (!wellFormed) throw new BadPresetError({ parameter: name, expected, found: JSON.stringify(found) ?? "nothing" });
  const value = isWide ? BigInt(found as string) : (found as number);
  if (value < parameter.min || value > parameter.max) throw new BadPresetError({ parameter: name, expected, found: String(value) });
  return value;
}

/** `challengeWindow` becomes `challenge_window`. */
export function toSnakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
