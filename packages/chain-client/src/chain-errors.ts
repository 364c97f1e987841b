import { BaseError } from "@lamina/primitives";

/** The node did not answer, or not in the RPC's language. */
export class ChainUnreachableError extends BaseError<"CHAIN_UNREACHABLE"> {
  override readonly retryable = true;
  readonly details: { readonly operation: string; readonly url: string; readonly reason: string };
  constructor(details: { operation: string; url: string; reason: string }, options?: ErrorOptions) {
    super("CHAIN_UNREACHABLE", `${details.operation} at ${details.url}: ${details.reason}`, options);
    this.details = details;
  }
}

/** The node answers and does not hold this height's block or results: pruned, or committed a moment ago and not run yet. */
export class HeightMissingError extends BaseError<"HEIGHT_MISSING"> {
  readonly details: { readonly height: string; readonly reason: string };
  constructor(details: { height: string; reason: string }, options?: ErrorOptions) {
    super("HEIGHT_MISSING", `height ${details.height}: expected its block and results, found: ${details.reason}`, options);
    this.details = details;
  }
}

/** The node serves another chain than the one that was configured (I34). */
export class WrongChainError extends BaseError<"WRONG_CHAIN"> {
  readonly details: { readonly expected: string; readonly found: string; readonly url: string };
  constructor(details: { expected: string; found: string; url: string }) {
    super("WRONG_CHAIN", `expected the chain ${details.expected} at ${details.url}, found ${details.found}`);
    this.details = details;
  }
}

interface AbciFailure {
  readonly codespace: string;
  readonly code: number;
  readonly log: string;
}

/** The chain refused a query. */
export class QueryRefusedError extends BaseError<"QUERY_REFUSED"> {
  readonly details: AbciFailure & { readonly path: string };
  constructor(details: AbciFailure & { path: string }) {
    super("QUERY_REFUSED", `${details.path}: ${details.codespace} ${details.code}: ${details.log}`);
    this.details = details;
  }
}

/** The chain refused a transaction, before (`checked`) or while (`included`) running its messages. */
export class TxRefusedError extends BaseError<"TX_REFUSED"> {
  readonly details: AbciFailure & { readonly stage: "checked" | "included"; readonly hash: string };
  constructor(details: AbciFailure & { stage: "checked" | "included"; hash: string }) {
    super("TX_REFUSED", `transaction ${details.hash} ${details.stage}: ${details.codespace} ${details.code}: ${details.log}`);
    this.details = details;
  }
}

/** No block held the transaction in all its tries; it can no longer be included. */
export class TxLostError extends BaseError<"TX_LOST"> {
  override readonly retryable = true;
  readonly details: { readonly attempts: number; readonly hash: string; readonly lastReason: string };
  constructor(details: { attempts: number; hash: string; lastReason: string }, options?: ErrorOptions) {
    super("TX_LOST", `no block held the transaction in ${details.attempts} tries, the last was ${details.hash}: ${details.lastReason}`, options);
    this.details = details;
  }
}

/** Codes of the Cosmos SDK's own codespace `sdk` that are worth telling apart. */
export const SdkCode = {
  insufficientFunds: 5,
  unknownAddress: 9,
  outOfGas: 11,
  insufficientFee: 13,
  inMempool: 19,
  mempoolFull: 20,
  txTimeoutHeight: 30,
  wrongSequence: 32,
} as const;

/** Codes of codespace `rollup` that submitters tell apart. Source: chain/x/rollup/types/errors.go. */
export const RollupCode = {
  unauthorized: 2,
  params: 3,
  tooLarge: 4,
  malformed: 5,
  term: 6,
  parent: 7,
  level: 8,
  referenceHeight: 9,
  headerMismatch: 10,
  headerSignature: 11,
  workerUnknown: 12,
  logGap: 13,
  headSignature: 14,
  modelUnknown: 15,
  laneUnknown: 16,
  spenderSignature: 17,
  nothingNew: 18,
  takeover: 19,
  operator: 20,
  incarnation: 21,
  evidence: 22,
} as const;

/** Codes of codespace `registry` that reporters tell apart. Source: chain/x/registry/types/errors.go. */
export const RegistryCode = {
  keyUnknown: 12,
  alreadyJudged: 21,
} as const;

/** Tells whether the chain refused a transaction or query with this codespace and code. */
export function isChainCode(error: unknown, codespace: string, code: number): boolean {
  const refused = error instanceof TxRefusedError || error instanceof QueryRefusedError;
  return refused && error.details.codespace === codespace && error.details.code === code;
}
