import { decodeUtf8, type Env, encodeUtf8, Secret } from "@lamina/primitives";
import { createAccount, createOperator, fromPublic, fromSeed, type KeyPair } from "@nats-io/nkeys";
import { type Grantee, permissionsOf } from "../permissions.ts";
import { BondRefusedError, GrantError } from "./authority-errors.ts";
import { type AuthorityState, type Grant, readAuthorityState, writeAuthorityState } from "./authority-state.ts";
import { type AccountOptions, accountJwt, accountLimits, operatorJwt, systemAccountLimits, userJwt } from "./claims.ts";

const SECOND_MS = 1000;

/** What the chain says of a worker. */
export type BondStanding = { readonly kind: "bonded"; readonly natsPublicKey: string } | { readonly kind: "not-bonded"; readonly reason: string };

/** Asks the chain; an implementation reads finalized state, and throws where it cannot. */
export interface BondChecker {
  standingOf(workerId: string): Promise<BondStanding>;
}

/** Hands a new account token to the running server. Throws `ClaimsRejectedError`. The authority waits for it: it must not ask the authority for anything. */
export interface ClaimsPublisher {
  publishAccountClaims(accountJwt: string): Promise<void>;
}

export interface BusAuthorityOptions {
  /** Holds the operator's and the accounts' keys, mode 0600. */
  readonly statePath: string;
  readonly account: AccountOptions;
  /** Longest life of a credential; revocations are kept as long. */
  readonly ttlMsMax: number;
}

export interface BusAuthorityDependencies {
  readonly env: Pick<Env, "clock" | "timers" | "files">;
  readonly bonds: BondChecker;
  readonly claims: ClaimsPublisher;
}

/** What a server's configuration needs of the authority; nothing of it is secret. */
export interface ServerTrust {
  readonly operatorJwt: string;
  readonly systemAccount: string;
  /** Account public key → its token, for the resolver's preload. */
  readonly accounts: Readonly<Record<string, string>>;
}

export interface MintedUser {
  readonly jwt: string;
  readonly expiresAtMs: number;
}

/**
 * The one place where credentials of the bus are made and taken back: it alone holds the operator's and the accounts' keys. Users keep their own
 * seeds and send a public key. One process at a time may hold the state file.
 */
export class BusAuthority {
  readonly #options: BusAuthorityOptions;
  readonly #dependencies: BusAuthorityDependencies;
  #state: AuthorityState;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(options: BusAuthorityOptions, dependencies: BusAuthorityDependencies, state: AuthorityState) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#state = state;
  }

  /** Reads the state, or makes the keys where there is none. Throws `AuthorityStateError`. */
  static async open(options: BusAuthorityOptions, dependencies: BusAuthorityDependencies): Promise<BusAuthority> {
    const { files } = dependencies.env;
    let state = await readAuthorityState(files, options.statePath);
    if (state === undefined) {
      state = {
        operatorSeed: seedOf(createOperator()),
        systemAccountSeed: seedOf(createAccount()),
        accountSeed: seedOf(createAccount()),
        grants: [],
        revocations: {},
      };
      await writeAuthorityState(files, options.statePath, state);
    }
    return new BusAuthority(options, dependencies, state);
  }

  async serverTrust(): Promise<ServerTrust> {
    const operator = keyOf(this.#state.operatorSeed);
    const system = keyOf(this.#state.systemAccountSeed);
    const systemAccount = system.getPublicKey();
    const systemJwt = await accountJwt("SYS", operator, system, systemAccountLimits(), {});
    const account = keyOf(this.#state.accountSeed).getPublicKey();
    return {
      operatorJwt: await operatorJwt(operator, systemAccount),
      systemAccount,
      accounts: { [systemAccount]: systemJwt, [account]: await this.#accountJwt() },
    };
  }

  /**
   * Makes the credential of one peer for its public NKey ("U..."). A worker's is made only where the chain says that it is bonded and that this is
   * its key (T18). Throws `BondRefusedError`, `GrantError`, or what the chain query threw.
   */
  mintUser(grantee: Grantee, natsPublicKey: string, ttlMs: number): Promise<MintedUser> {
    return this.#inTurn(async () => {
      if (!isUserKey(natsPublicKey)) throw new GrantError({ expected: "a user's public NKey, U...", found: natsPublicKey });
      if (!(ttlMs >= SECOND_MS && ttlMs <= this.#options.ttlMsMax))
        throw new GrantError({ expected: `a life of ${SECOND_MS}..${this.#options.ttlMsMax} ms`, found: `${ttlMs}` });
      const permissions = permissionsOf(grantee);
      if (grantee.role === "worker") await this.#requireBond(grantee.id, natsPublicKey);
      await this.#waitPastRevocation(natsPublicKey);
      const expiresAtSeconds = Math.floor((this.#nowMs() + ttlMs) / SECOND_MS);
      const account = keyOf(grantee.role === "system" ? this.#state.systemAccountSeed : this.#state.accountSeed);
      const jwt = await userJwt(
        `${grantee.role}-${grantee.id}`,
        natsPublicKey,
        account,
        permissions,
        this.#options.account.payloadBytesMax,
        expiresAtSeconds,
      );
      const grant: Grant = { grantee, natsPublicKey, expiresAtMs: expiresAtSeconds * SECOND_MS };
      await this.#save({ ...this.#state, grants: [...this.#liveGrants().filter((each) => each.natsPublicKey !== natsPublicKey), grant] });
      return { jwt, expiresAtMs: grant.expiresAtMs };
    });
  }

  /** Kills every credential given to this key so far; the server cuts its connections at once. Durable before the push, so a failed push may be repeated. */
  revoke(natsPublicKey: string): Promise<void> {
    return this.#inTurn(() => this.#revokeAll([natsPublicKey]));
  }

  /** Asks the chain again about every worker that holds a credential and revokes those it no longer vouches for; gives their ids. */
  sweep(): Promise<string[]> {
    return this.#inTurn(async () => {
      const fallen: Grant[] = [];
      for (const grant of this.#liveGrants()) {
        if (grant.grantee.role !== "worker") continue;
        const standing = await this.#dependencies.bonds.standingOf(grant.grantee.id);
        if (standing.kind !== "bonded" || standing.natsPublicKey !== grant.natsPublicKey) fallen.push(grant);
      }
      if (fallen.length > 0) await this.#revokeAll(fallen.map((grant) => grant.natsPublicKey));
      return fallen.map((grant) => grant.grantee.id);
    });
  }

  /** Pushes the account's present claims: at start, and after a push that failed. */
  pushClaims(): Promise<void> {
    return this.#inTurn(async () => this.#dependencies.claims.publishAccountClaims(await this.#accountJwt()));
  }

  async #revokeAll(natsPublicKeys: readonly string[]): Promise<void> {
    const nowSeconds = Math.floor(this.#nowMs() / SECOND_MS);
    const oldestSeconds = nowSeconds - Math.ceil(this.#options.ttlMsMax / SECOND_MS);
    const kept = Object.entries(this.#state.revocations).filter(([, second]) => second >= oldestSeconds);
    const revocations = { ...Object.fromEntries(kept), ...Object.fromEntries(natsPublicKeys.map((key) => [key, nowSeconds])) };
    const grants = this.#liveGrants().filter((grant) => !natsPublicKeys.includes(grant.natsPublicKey));
    await this.#save({ ...this.#state, grants, revocations });
    await this.#dependencies.claims.publishAccountClaims(await this.#accountJwt());
  }

  async #requireBond(workerId: string, natsPublicKey: string): Promise<void> {
    const standing = await this.#dependencies.bonds.standingOf(workerId);
    if (standing.kind !== "bonded") throw new BondRefusedError({ workerId, expected: "a bonded worker", found: standing.reason });
    if (standing.natsPublicKey !== natsPublicKey)
      throw new BondRefusedError({ workerId, expected: `its registered key ${standing.natsPublicKey}`, found: natsPublicKey });
  }

  /** A token of the second in which its key was revoked would be born dead. */
  async #waitPastRevocation(natsPublicKey: string): Promise<void> {
    const revokedSecond = this.#state.revocations[natsPublicKey];
    if (revokedSecond === undefined) return;
    const waitMs = (revokedSecond + 1) * SECOND_MS - this.#nowMs();
    if (waitMs > 0) await this.#dependencies.env.timers.sleep(waitMs);
  }

  #accountJwt(): Promise<string> {
    const { operatorSeed, accountSeed, revocations } = this.#state;
    return accountJwt("LAMINA", keyOf(operatorSeed), keyOf(accountSeed), accountLimits(this.#options.account), revocations);
  }

  #liveGrants(): Grant[] {
    return this.#state.grants.filter((grant) => grant.expiresAtMs > this.#nowMs());
  }

  async #save(state: AuthorityState): Promise<void> {
    await writeAuthorityState(this.#dependencies.env.files, this.#options.statePath, state);
    this.#state = state;
  }

  #nowMs(): number {
    return this.#dependencies.env.clock.nowMs();
  }

  /** One change at a time: each reads the state that the one before it wrote. */
  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(change, change);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }
}

function keyOf(seed: Secret<string>): KeyPair {
  return fromSeed(encodeUtf8(seed.reveal()));
}

function seedOf(key: KeyPair): Secret<string> {
  return new Secret(decodeUtf8(key.getSeed()));
}

function isUserKey(text: string): boolean {
  try {
    return text.startsWith("U") && fromPublic(text).getPublicKey() === text;
  } catch {
    // The library throws on a bad checksum or alphabet; for us that is an answer.
    return false;
  }
}
