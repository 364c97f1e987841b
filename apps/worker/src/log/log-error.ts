import { BaseError } from "@lamina/primitives";

/** A file of the journal is not what this worker wrote: damaged, another chain's or another key's. Nothing is signed on top of it. */
export class JournalCorruptError extends BaseError<"JOURNAL_CORRUPT"> {
  readonly details: { readonly path: string; readonly expected: string; readonly found: string };
  constructor(details: { path: string; expected: string; found: string }, options?: ErrorOptions) {
    super("JOURNAL_CORRUPT", `${details.path}: expected ${details.expected}, found ${details.found}`, options);
    this.details = details;
  }
}

/** The journal could not be written. What the disk holds is uncertain until a new process has read it again. */
export class JournalFailedError extends BaseError<"JOURNAL_FAILED"> {
  readonly details: { readonly path: string };
  constructor(path: string, options?: ErrorOptions) {
    super("JOURNAL_FAILED", `${path} cannot be written any more: restart the worker once the cause is gone`, options);
    this.details = { path };
  }
}

/** No room: what is there must be accepted by the chain first. */
export class JournalFullError extends BaseError<"JOURNAL_FULL"> {
  override readonly retryable = true;
  readonly details: { readonly limitBytes: number; readonly foundBytes: number };
  constructor(details: { limitBytes: number; foundBytes: number }) {
    super("JOURNAL_FULL", `the journal may have ${details.limitBytes} bytes, found ${details.foundBytes}`);
    this.details = details;
  }
}

/** There is no journal for the log, and nobody said that there need be none. */
export class MissingStateError extends BaseError<"MISSING_STATE"> {
  readonly details: { readonly folder: string; readonly incarnation: number };
  constructor(details: { folder: string; incarnation: number }) {
    super(
      "MISSING_STATE",
      `no journal of incarnation ${details.incarnation} in ${details.folder}: start with --new-state where this key has never signed in it, ` +
        "else open a new one with `worker incarnation new`",
    );
    this.details = details;
  }
}

/** The chain knows more of the log than our disk, or other rows: to sign on would be to sign two heads for one count (I34, T29). */
export class StaleStateError extends BaseError<"STALE_STATE"> {
  readonly details: { readonly chainCount: bigint; readonly expected: string; readonly found: string };
  constructor(details: { chainCount: bigint; expected: string; found: string }) {
    super(
      "STALE_STATE",
      `the journal contradicts the chain's log of ${details.chainCount} rows: expected ${details.expected}, found ${details.found}; ` +
        "restore the right disk, or open a new incarnation with `worker incarnation new`",
    );
    this.details = details;
  }
}
