import type { ChainConnection } from "@lamina/chain-client";
import { readKeyFile, TX_SENDER_DEFAULTS, TxSender } from "@lamina/chain-client";
import type { Env } from "@lamina/primitives";
import { noopLogger } from "@lamina/telemetry";
import type { AccountIdentity } from "../identities/identities.ts";

/** The writer of an account of ours. One at a time may exist for an account. */
export async function senderOf(env: Pick<Env, "files" | "timers">, connection: ChainConnection, identity: AccountIdentity): Promise<TxSender> {
  const account = await connection.account(await readKeyFile(env, identity.keyFile));
  return new TxSender(TX_SENDER_DEFAULTS, { env, comet: connection.comet, account, logger: noopLogger });
}
