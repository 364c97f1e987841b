import { BaseError } from "../base-error.ts";

/** `LAMINA_CRASH_AT` cannot be read. */
export class CrashPointError extends BaseError<"BAD_CRASH_POINT"> {
  readonly details: { readonly expected: string; readonly found: string };
  constructor(found: string) {
    super("BAD_CRASH_POINT", `LAMINA_CRASH_AT must be <name>[:<passing from 1>], found ${JSON.stringify(found)}`);
    this.details = { expected: "<name>[:<passing from 1>]", found };
  }
}

/** Makes the `step` of an Env that ends at the n-th passing of the place that `spec` names; without a `spec` a step does nothing. */
export function crashPoints(spec: string | undefined, die: () => void): (name: string) => void {
  if (spec === undefined || spec === "") return () => undefined;
  const match = /^([^:]+)(?::([1-9][0-9]*))?$/.exec(spec);
  if (match === null) throw new CrashPointError(spec);
  const [, target, passing = "1"] = match;
  let left = Number(passing);
  return (name) => {
    if (name === target && --left === 0) die();
  };
}
