import { SCOPES, type Scope } from "@lamina/api";
import { DatabaseError, type Sql } from "@lamina/db";
import { sameDigest } from "./api-key.ts";
import type { Principal } from "./principal.ts";

/** Keys in Postgres. Methods throw `DatabaseError`. */
export interface KeyStore {
  /** Undefined for a digest of no key, and for a revoked or expired key or a disabled organisation. */
  find(digest: Uint8Array): Promise<Principal | undefined>;
  /** Notes when keys were used last. */
  used(keyIds: readonly string[]): Promise<void>;
}

interface KeyRow {
  readonly id: string;
  readonly organisation_id: string;
  readonly organisation_name: string;
  readonly name: string;
  readonly digest: Buffer;
  readonly scopes: string[];
  readonly concurrency_max: number;
  readonly requests_per_minute: number;
  readonly expires_at: Date | null;
}

export function keyStore(sql: Sql): KeyStore {
  return {
    find: async (digest) => {
      try {
        const [row] = await sql<KeyRow[]>`
          select key.id, key.organisation_id, organisation.name as organisation_name, key.name, key.digest, key.scopes, key.concurrency_max,
            key.requests_per_minute, key.expires_at
          from gateway.api_keys key join gateway.organisations organisation on organisation.id = key.organisation_id
          where key.digest = ${digest} and key.revoked_at is null and (key.expires_at is null or key.expires_at > now()) and organisation.disabled_at is null`;
        return row !== undefined && sameDigest(row.digest, digest) ? principalOf(row) : undefined;
      } catch (error) {
        throw new DatabaseError("looking up an API key", error);
      }
    },
    used: async (keyIds) => {
      try {
        await sql`update gateway.api_keys set last_used_at = now() where id in ${sql([...keyIds])}`;
      } catch (error) {
        throw new DatabaseError("noting the use of API keys", error);
      }
    },
  };
}

function principalOf(row: KeyRow): Principal {
  const granted = new Set<string>(row.scopes);
  return {
    organisationId: row.organisation_id,
    organisationName: row.organisation_name,
    keyId: row.id,
    keyName: row.name,
    scopes: new Set<Scope>(SCOPES.filter((scope) => granted.has(scope))),
    requestsPerMinute: row.requests_per_minute,
    concurrencyMax: row.concurrency_max,
    expiresAtMs: row.expires_at?.getTime(),
  };
}
