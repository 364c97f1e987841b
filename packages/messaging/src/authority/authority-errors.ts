import { BaseError } from "@lamina/primitives";

/** The chain does not vouch for this worker and this key: no credential is minted (T18). */
export class BondRefusedError extends BaseError<"BOND_REFUSED"> {
  readonly details: { readonly workerId: string; readonly expected: string; readonly found: string };
  constructor(details: { workerId: string; expected: string; found: string }) {
    super("BOND_REFUSED", `worker ${details.workerId} gets no credential: expected ${details.expected}, found ${details.found}`);
    this.details = details;
  }
}

/** A credential was asked for that this authority does not give. */
export class GrantError extends BaseError<"BAD_GRANT"> {
  readonly details: { readonly expected: string; readonly found: string };
  constructor(details: { expected: string; found: string }) {
    super("BAD_GRANT", `expected ${details.expected}, found ${details.found}`);
    this.details = details;
  }
}

/** The server did not take the account's new claims; the state on disk has them, so that the next push will carry them. */
export class ClaimsRejectedError extends BaseError<"CLAIMS_REJECTED"> {
  override readonly retryable = true;
  readonly details: { readonly reason: string };
  constructor(reason: string, options?: ErrorOptions) {
    super("CLAIMS_REJECTED", `the server did not take the account's claims: ${reason}`, options);
    this.details = { reason };
  }
}

/** The authority's state file cannot be read as such. */
export class AuthorityStateError extends BaseError<"AUTHORITY_STATE"> {
  readonly details: { readonly path: string; readonly expected: string; readonly found: string };
  constructor(details: { path: string; expected: string; found: string }, options?: ErrorOptions) {
    super("AUTHORITY_STATE", `${details.path}: expected ${details.expected}, found ${details.found}`, options);
    this.details = details;
  }
}
