/** Why a file is not run. Every refusal is an answer, never an exception: files come from strangers (B4). */
export type Refusal =
  /** No ONNX file: cut off, a wire type out of place, a field that the format does not have or has twice. */
  | { readonly kind: "malformed"; readonly offset: number; readonly reason: string }
  /** Something countable is over its limit. */
  | { readonly kind: "over-limit"; readonly what: string; readonly max: number; readonly found: number }
  /** A part of ONNX that is never allowed: external data, subgraphs, functions, sparse tensors, training (T22, T24). */
  | { readonly kind: "forbidden"; readonly what: string }
  /** Not on the list of (domain, operator, version). */
  | { readonly kind: "unknown-operator"; readonly node: string; readonly domain: string; readonly operator: string; readonly version: number }
  /** The graph contradicts itself or the operator's definition. */
  | { readonly kind: "invalid-graph"; readonly node: string; readonly reason: string }
  /** A shape that is not known before the model runs, so neither memory nor time can be bounded (T23). */
  | { readonly kind: "unbounded"; readonly node: string; readonly reason: string }
  /** Items of one batch would influence each other. */
  | { readonly kind: "rows-mix"; readonly node: string; readonly reason: string }
  /** The graph is not what the manifest says. */
  | { readonly kind: "mismatch"; readonly what: string; readonly expected: string; readonly found: string };

/** Carries a refusal from deep inside to the door, which returns it; it never leaves this package. */
export class RefusedError extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(describeRefusal(refusal));
    this.refusal = refusal;
  }
}

/** One line for people. */
export function describeRefusal(refusal: Refusal): string {
  switch (refusal.kind) {
    case "malformed":
      return `not an ONNX file: ${refusal.reason} at byte ${refusal.offset}`;
    case "over-limit":
      return `${refusal.what}: expected at most ${refusal.max}, found ${refusal.found}`;
    case "forbidden":
      return `${refusal.what} is not allowed`;
    case "unknown-operator":
      return `${refusal.node}: operator ${refusal.domain || "ai.onnx"}.${refusal.operator} of version ${refusal.version} is not on the list`;
    case "invalid-graph":
      return `${refusal.node}: ${refusal.reason}`;
    case "unbounded":
      return `${refusal.node}: shape cannot be bounded: ${refusal.reason}`;
    case "rows-mix":
      return `${refusal.node}: items of a batch would influence each other: ${refusal.reason}`;
    case "mismatch":
      return `${refusal.what}: the manifest says ${refusal.expected}, the graph ${refusal.found}`;
  }
}

export function malformed(offset: number, reason: string): RefusedError {
  return new RefusedError({ kind: "malformed", offset, reason });
}

export function forbidden(what: string): RefusedError {
  return new RefusedError({ kind: "forbidden", what });
}

export function checkLimit(what: string, found: number, max: number): void {
  if (found > max) throw new RefusedError({ kind: "over-limit", what, max, found });
}
