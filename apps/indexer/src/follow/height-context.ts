import type { CommittedBlock, CommittedMessage } from "@lamina/chain-client";
import type { ChainId } from "@lamina/primitives";
import type { Changes } from "./changes.ts";
import { IndexStateError } from "./index-state-error.ts";
import type { Ledger } from "./ledger.ts";
import type { Manifests } from "./unposted-manifests.ts";

/** What the decoding of one height reads and writes. */
export interface HeightContext {
  readonly chainId: ChainId;
  readonly block: CommittedBlock;
  readonly ledger: Ledger;
  readonly changes: Changes;
  /** Of models that are registered by no message of this height. */
  readonly unposted: Manifests;
  /** Money that this height should have moved, by what the modules say of it; held against the bank's own events. */
  readonly flows: { escrow: bigint; registry: bigint };
  /** The message whose events are being read; undefined at a block's beginning and end. */
  readonly message: CommittedMessage | undefined;
}

/** Notes a broken invariant: shown to all, and the index goes on, for a chain that broke its word must be seen to have done so. */
export function violate(context: HeightContext, invariant: string, subject: string, expected: unknown, found: unknown): void {
  const height = `${context.block.height}`;
  context.changes.violations.push({ height, invariant, subject, expected: `${expected}`, found: `${found}` });
}

/** `violate` unless equal. */
export function hold(context: HeightContext, invariant: string, subject: string, expected: bigint | string, found: bigint | string): void {
  if (expected !== found) violate(context, invariant, subject, expected, found);
}

/** Throws `IndexStateError` for what earlier heights must have introduced. */
export function known<T>(context: HeightContext, value: T | undefined, what: string): T {
  if (value !== undefined) return value;
  throw new IndexStateError(context.block.height, what, "nothing of that name in the heights before");
}
