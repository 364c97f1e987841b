import { BaseError } from "@lamina/primitives";

/** The chain tells of something that the heights before should have introduced: this index is not of this chain, or lost a height. */
export class IndexStateError extends BaseError<"INDEX_STATE"> {
  readonly details: { readonly height: string; readonly expected: string; readonly found: string };
  constructor(height: bigint, expected: string, found: string) {
    super("INDEX_STATE", `height ${height}: expected ${expected}, found ${found}; "indexer rebuild" builds the index anew from the chain`);
    this.details = { height: `${height}`, expected, found };
  }
}

/** Another process wrote this index meanwhile: the cursor is read again. */
export class CursorMovedError extends BaseError<"CURSOR_MOVED"> {
  override readonly retryable = true;
  readonly details: { readonly expected: string; readonly found: string };
  constructor(expected: bigint, found: bigint | undefined) {
    super("CURSOR_MOVED", `expected the cursor at height ${expected}, found ${found ?? "none"}: another indexer writes this database`);
    this.details = { expected: `${expected}`, found: `${found ?? "none"}` };
  }
}

/** The index cannot be built from what this node and its chain hold. */
export class HistoryMissingError extends BaseError<"HISTORY_MISSING"> {
  readonly details: { readonly expected: string; readonly found: string };
  constructor(expected: string, found: string, remedy: string) {
    super("HISTORY_MISSING", `expected ${expected}, found ${found}; ${remedy}`);
    this.details = { expected, found };
  }
}
