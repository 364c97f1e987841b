import { BaseError } from "@lamina/primitives";

/** The chain tells of something that the heights before should have introduced: this index is not of this chain, or lost a height. */
export class IndexStateError extends BaseError<"INDEX_STATE"> {
  readonly details: { readonly height: string; readonly expected: string; readonly found: string };
  constructor(height: bigint, expected: string, found: string) {
    super("INDEX_STATE", `height ${height}: expected ${expected}, found ${found}; drop the schema "index" to rebuild it`);
    this.details = { height: `${height}`, expected, found };
  }
}
