import type { Comet } from "./comet.ts";
import type { TxMessage } from "./messages.ts";

export interface AccountState {
  readonly accountNumber: bigint;
  /** Sequence of the account's next transaction. */
  readonly sequence: bigint;
}

export interface TxTerms {
  readonly account: AccountState;
  readonly gasLimit: bigint;
  readonly feeUlam: bigint;
  readonly memo: string;
  /** Last height at which a block may hold the transaction. */
  readonly timeoutHeight: bigint;
}

/** One account whose key this process holds. */
export interface Account {
  /** Bech32, `lamina1…`. */
  readonly address: string;
  /** What the chain says; undefined while no coin has ever reached the account. */
  state(): Promise<AccountState | undefined>;
  balanceUlam(): Promise<bigint>;
  /** Gas that the messages take when run now. Throws `QueryRefusedError` where they would fail. */
  simulate(messages: readonly TxMessage[], state: AccountState): Promise<bigint>;
  /** The signed transaction's bytes. */
  sign(messages: readonly TxMessage[], terms: TxTerms): Promise<Uint8Array>;
}

/** A connection to a chain's node and the accounts that act over it. */
export interface ChainConnection {
  readonly comet: Comet;
  /** The account of a secp256k1 private key (32 bytes). */
  account(privateKey: Uint8Array): Promise<Account>;
  /** Any account's free balance. */
  balanceUlam(address: string): Promise<bigint>;
}
