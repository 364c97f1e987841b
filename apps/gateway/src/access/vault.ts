import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";
import { DatabaseError, type TenantSql } from "@lamina/db";
import { BaseError, concatBytes, type Env, Secret } from "@lamina/primitives";

const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEYS_MAX = 10_000;

/** What was sealed cannot be opened: the organisation's key was destroyed, or the bytes are not what was sealed. */
export class SealError extends BaseError<"SEAL"> {
  readonly details: { readonly organisationId: string; readonly reason: string };
  constructor(details: { organisationId: string; reason: string }, options?: ErrorOptions) {
    super("SEAL", `cannot open what was sealed for ${details.organisationId}: ${details.reason}`, options);
    this.details = details;
  }
}

/**
 * Seals inputs and outputs that must be kept (asynchronous and idempotent requests) with a key of each organisation, itself wrapped under the
 * gateway's secret: Postgres alone reveals none of them, and destroying one wrapped key shreds all that its organisation left (defaults 17).
 */
export class Vault {
  readonly #master: Secret<Uint8Array>;
  readonly #tenants: TenantSql;
  readonly #env: Pick<Env, "random">;
  readonly #keys = new Map<string, Secret<Uint8Array>>();

  constructor(options: { readonly secret: Secret<Uint8Array> }, dependencies: { readonly env: Pick<Env, "random">; readonly tenants: TenantSql }) {
    const derived = hkdfSync("sha256", options.secret.reveal(), new Uint8Array(), "lamina/vault/1", KEY_BYTES);
    this.#master = new Secret(new Uint8Array(derived));
    this.#tenants = dependencies.tenants;
    this.#env = dependencies.env;
  }

  /** A fresh key, wrapped, for a new organisation. */
  makeWrappedKey(organisationId: string): Uint8Array {
    return this.#encrypt(this.#master, this.#env.random.bytes(KEY_BYTES), organisationId);
  }

  /** `purpose` names what it is and whose: bytes moved elsewhere do not open. */
  async seal(organisationId: string, purpose: string, bytes: Uint8Array): Promise<Uint8Array> {
    return this.#encrypt(await this.#keyOf(organisationId), bytes, `${organisationId}\n${purpose}`);
  }

  /** Throws `SealError`. */
  async open(organisationId: string, purpose: string, sealed: Uint8Array): Promise<Uint8Array> {
    return this.#decrypt(await this.#keyOf(organisationId), sealed, `${organisationId}\n${purpose}`, organisationId);
  }

  async #keyOf(organisationId: string): Promise<Secret<Uint8Array>> {
    const known = this.#keys.get(organisationId);
    if (known !== undefined) return known;
    const wrapped = await this.#readKey(organisationId);
    if (wrapped === undefined) throw new SealError({ organisationId, reason: "its key was destroyed" });
    const key = new Secret(this.#decrypt(this.#master, wrapped, organisationId, organisationId));
    if (this.#keys.size >= KEYS_MAX) this.#keys.clear();
    this.#keys.set(organisationId, key);
    return key;
  }

  async #readKey(organisationId: string): Promise<Uint8Array | undefined> {
    try {
      const [row] = await this.#tenants.as(
        organisationId,
        (sql) => sql<{ data_key: Buffer | null }[]>`select data_key from gateway.organisations where id = ${organisationId}`,
      );
      return row?.data_key ?? undefined;
    } catch (error) {
      throw new DatabaseError("reading an organisation's key", error);
    }
  }

  #encrypt(key: Secret<Uint8Array>, bytes: Uint8Array, context: string): Uint8Array {
    const nonce = this.#env.random.bytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, key.reveal(), nonce).setAAD(Buffer.from(context));
    return concatBytes(nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag());
  }

  #decrypt(key: Secret<Uint8Array>, sealed: Uint8Array, context: string, organisationId: string): Uint8Array {
    if (sealed.length < NONCE_BYTES + TAG_BYTES)
      throw new SealError({ organisationId, reason: `expected more than ${NONCE_BYTES + TAG_BYTES} bytes` });
    const end = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv(CIPHER, key.reveal(), sealed.subarray(0, NONCE_BYTES))
      .setAAD(Buffer.from(context))
      .setAuthTag(sealed.subarray(end));
    try {
      return concatBytes(decipher.update(sealed.subarray(NONCE_BYTES, end)), decipher.final());
    } catch (cause) {
      throw new SealError({ organisationId, reason: "the bytes are not what was sealed" }, { cause });
    }
  }
}
