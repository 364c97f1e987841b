import { hash } from "node:crypto";
import type { Scope } from "@lamina/api";
import type { Env, Secret } from "@lamina/primitives";
import { GatewayError } from "../gateway-error.ts";
import { digestApiKey, isApiKeyShaped } from "./api-key.ts";
import type { KeyStore } from "./key-store.ts";
import type { Principal } from "./principal.ts";

export interface AuthenticatorOptions {
  readonly pepper: Secret<Uint8Array>;
  /** How long an answer of Postgres is believed: a revoked key is refused after it at the latest. */
  readonly cacheMs: number;
}

interface Cached {
  readonly principal: Principal | undefined;
  readonly readAtMs: number;
}

const CACHE_MAX = 10_000;
const BEARER = /^Bearer +(\S+)$/i;

/** Tells who asks, from the header `authorization`. Keys are looked up by their digest; what Postgres says is kept for a moment. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #store: KeyStore;
  readonly #env: Pick<Env, "clock">;
  readonly #cache = new Map<string, Cached>();
  readonly #asking = new Map<string, Promise<Principal | undefined>>();
  readonly #used = new Set<string>();

  constructor(options: AuthenticatorOptions, dependencies: { readonly env: Pick<Env, "clock">; readonly store: KeyStore }) {
    this.#options = options;
    this.#store = dependencies.store;
    this.#env = dependencies.env;
  }

  /** Throws `GatewayError` (`missing_api_key`, `invalid_api_key`, `not_allowed`), or `DatabaseError`: without Postgres nobody is let in. */
  async authenticate(header: string | undefined, scope: Scope): Promise<Principal> {
    if (header === undefined || header === "") throw new GatewayError("missing_api_key", "give an API key: authorization: Bearer lamina_sk_…");
    const key = BEARER.exec(header)?.[1];
    if (key === undefined || !isApiKeyShaped(key)) throw invalidKey();
    const principal = await this.#find(key);
    const isExpired = principal?.expiresAtMs !== undefined && principal.expiresAtMs <= this.#env.clock.nowMs();
    if (principal === undefined || isExpired) throw invalidKey();
    if (!principal.scopes.has(scope)) throw new GatewayError("not_allowed", `this API key has no scope ${scope}`);
    this.#used.add(principal.keyId);
    return principal;
  }

  /** Writes which keys were used since the last call. */
  async flushUsed(): Promise<void> {
    if (this.#used.size === 0) return;
    const ids = [...this.#used];
    this.#used.clear();
    await this.#store.used(ids);
  }

  async #find(key: string): Promise<Principal | undefined> {
    // A plain hash, since it stays in this process and is ten times cheaper than the HMAC that Postgres knows.
    const name = hash("sha256", key, "base64");
    const cached = this.#cache.get(name);
    const nowMs = this.#env.clock.monotonicMs();
    if (cached !== undefined && nowMs - cached.readAtMs < this.#options.cacheMs) return cached.principal;
    const asked = this.#asking.get(name) ?? this.#ask(name, digestApiKey(this.#options.pepper, key), nowMs);
    return asked;
  }

  #ask(name: string, digest: Buffer, nowMs: number): Promise<Principal | undefined> {
    const asking = this.#store
      .find(digest)
      .then((principal) => {
        if (this.#cache.size >= CACHE_MAX) this.#cache.clear();
        this.#cache.set(name, { principal, readAtMs: nowMs });
        return principal;
      })
      .finally(() => this.#asking.delete(name));
    this.#asking.set(name, asking);
    return asking;
  }
}

function invalidKey(): GatewayError {
  return new GatewayError("invalid_api_key", "the API key is not valid");
}
