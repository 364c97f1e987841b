import type { Scope } from "@lamina/api";

/** Who asks: a valid key and its organisation, with what they may do. */
export interface Principal {
  readonly organisationId: string;
  readonly organisationName: string;
  readonly keyId: string;
  readonly keyName: string;
  readonly scopes: ReadonlySet<Scope>;
  readonly requestsPerMinute: number;
  readonly concurrencyMax: number;
  readonly expiresAtMs: number | undefined;
}
