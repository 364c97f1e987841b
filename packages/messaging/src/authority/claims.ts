import { assert } from "@lamina/primitives";
import { type Account, encodeAccount, encodeOperator, encodeUser, type OperatorLimits, type User } from "@nats-io/jwt";
import type { KeyPair } from "@nats-io/nkeys";
import type { PermissionSet } from "../permissions.ts";

const NONE = 0;
const UNLIMITED = -1;
const SUBSCRIPTIONS_MAX = 256;

export interface AccountOptions {
  /** Bytes on disk that all streams may take together. */
  readonly diskBytesMax: number;
  readonly streamsMax: number;
  readonly consumersMax: number;
  readonly payloadBytesMax: number;
}

/** Every limit is named: the encoder's empty limits mean zero, which shows as nothing but timeouts. */
export function accountLimits(options: AccountOptions): OperatorLimits {
  return {
    subs: UNLIMITED,
    data: UNLIMITED,
    payload: options.payloadBytesMax,
    imports: NONE,
    exports: NONE,
    wildcards: true,
    conn: UNLIMITED,
    leaf: NONE,
    disallow_bearer: true,
    mem_storage: NONE,
    disk_storage: options.diskBytesMax,
    streams: options.streamsMax,
    consumer: options.consumersMax,
    // An unbounded stream could fill the disk for all others.
    max_bytes_required: true,
  };
}

export function systemAccountLimits(): OperatorLimits {
  return {
    subs: UNLIMITED,
    data: UNLIMITED,
    payload: UNLIMITED,
    imports: NONE,
    exports: NONE,
    wildcards: true,
    conn: UNLIMITED,
    leaf: NONE,
    disallow_bearer: true,
  };
}

/** Users that carry no permissions of their own may do nothing. */
const NOTHING = { pub: { deny: [">"] }, sub: { deny: [">"] } };

export function operatorJwt(operator: KeyPair, systemAccountKey: string): Promise<string> {
  return encodeOperator("lamina", operator, { system_account: systemAccountKey });
}

/** `revocations`: user public key → second; tokens of that user issued up to and in that second are dead. */
export function accountJwt(
  name: string,
  operator: KeyPair,
  account: KeyPair,
  limits: OperatorLimits,
  revocations: Readonly<Record<string, number>>,
): Promise<string> {
  const claims: Partial<Account> = { limits, default_permissions: NOTHING, revocations: { ...revocations } };
  // An account without limits would be one with zero of everything.
  assert(Object.keys(limits).length > 0, "account limits are named");
  return encodeAccount(name, account, claims as Account, { signer: operator });
}

export function userJwt(
  name: string,
  publicKey: string,
  account: KeyPair,
  permissions: PermissionSet,
  payloadBytesMax: number,
  expiresAtSeconds: number,
): Promise<string> {
  // To the server an empty list of what is allowed means everything.
  assert(permissions.publish.length > 0 && permissions.subscribe.length > 0, "a user's allowed subjects are named");
  const claims: Partial<User> = {
    pub: { allow: [...permissions.publish] },
    sub: { allow: [...permissions.subscribe] },
    subs: SUBSCRIPTIONS_MAX,
    data: UNLIMITED,
    payload: payloadBytesMax,
    bearer_token: false,
    allowed_connection_types: ["STANDARD"],
  };
  return encodeUser(name, publicKey, account, claims, { exp: expiresAtSeconds });
}
