import { decodeUtf8, encodeUtf8, Secret } from "@lamina/primitives";
import { createUser, fromSeed } from "@nats-io/nkeys";

export interface UserKeys {
  /** "U...": what is registered on the chain and named in the credential. */
  readonly publicKey: string;
  /** "SU...": stays with its owner. */
  readonly seed: Secret<string>;
}

export function makeUserKeys(): UserKeys {
  const key = createUser();
  return { publicKey: key.getPublicKey(), seed: new Secret(decodeUtf8(key.getSeed())) };
}

/** Throws where `seed` is not that of a user. */
export function userKeysOf(seed: Secret<string>): UserKeys {
  return { publicKey: fromSeed(encodeUtf8(seed.reveal())).getPublicKey(), seed };
}
