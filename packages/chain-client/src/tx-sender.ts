import { createHash } from "node:crypto";
import { type Env, toHex } from "@lamina/primitives";
import type { Logger } from "@lamina/telemetry";
import type { Account, AccountState } from "./account.ts";
import { ChainUnreachableError, isChainCode, SdkCode, TxLostError, TxRefusedError } from "./chain-errors.ts";
import type { CheckedTx, Comet, IncludedTx } from "./comet.ts";
import { feeFor } from "./fee.ts";
import type { TxMessage } from "./messages.ts";

export interface TxSenderOptions {
  /** Ulam per 1,000,000 gas. */
  readonly gasPriceUlamPerMillion: bigint;
  /** Heights within which a block must hold a transaction; after them it is dead and sent anew. */
  readonly timeoutHeights: bigint;
  /** Between two looks for a transaction. */
  readonly pollMs: number;
  /** Tries in all, counting only those that a block could have held. */
  readonly attempts: number;
  /** The block's gas limit: no transaction may ask for more. */
  readonly gasLimitMax: bigint;
}

export const TX_SENDER_DEFAULTS: TxSenderOptions = {
  gasPriceUlamPerMillion: 1_000n,
  timeoutHeights: 10n,
  pollMs: 100,
  attempts: 6,
  gasLimitMax: 100_000_000n,
};

export interface TxSenderDependencies {
  readonly env: Pick<Env, "timers">;
  readonly comet: Comet;
  readonly account: Account;
  readonly logger: Logger;
}

/** Gas of a transaction: a limit that the sender computed, or what a simulation says and half as much again. */
export type GasPlan = { readonly kind: "limit"; readonly gas: bigint } | { readonly kind: "simulate" };

export interface SendOptions {
  readonly gas?: GasPlan;
  readonly memo?: string;
  /** Stops between tries; what was broadcast may still be included. */
  readonly signal?: AbortSignal;
}

type Fate = { readonly kind: "included"; readonly tx: IncludedTx } | { readonly kind: "again"; readonly reason: string };

/**
 * The one writer of an account: transactions leave one after another, each waited for before the next (T34). A transaction that no block took
 * within its heights is dead by its own timeout and sent anew, so at most one of the tries is ever included (T33).
 */
export class TxSender {
  readonly #options: TxSenderOptions;
  readonly #deps: TxSenderDependencies;
  #tail: Promise<unknown> = Promise.resolve();
  #next: AccountState | undefined;

  constructor(options: TxSenderOptions, dependencies: TxSenderDependencies) {
    this.#options = options;
    this.#deps = dependencies;
  }

  get address(): string {
    return this.#deps.account.address;
  }

  /**
   * Resolves with the transaction in its block, run without error. Throws `TxRefusedError` (with the chain's codespace and code),
   * `QueryRefusedError` where its simulation fails, `TxLostError`, or `ChainUnreachableError` while the node does not answer.
   */
  send(messages: readonly TxMessage[], options: SendOptions = {}): Promise<IncludedTx> {
    const mine = this.#tail.then(() => this.#send(messages, options));
    // Its own caller hears of a failure; the next in line must still get its turn.
    this.#tail = mine.catch(() => undefined);
    return mine;
  }

  /** Gas that the messages would take now. Throws `QueryRefusedError` with the code that they would fail with. */
  async simulate(messages: readonly TxMessage[]): Promise<bigint> {
    return this.#deps.account.simulate(messages, await this.#state());
  }

  async #send(messages: readonly TxMessage[], options: SendOptions): Promise<IncludedTx> {
    let gas = await this.#gasFor(messages, options.gas ?? { kind: "simulate" });
    let last = { hash: "", reason: "" };
    for (let attempt = 1; attempt <= this.#options.attempts; attempt++) {
      options.signal?.throwIfAborted();
      const { tx, hash, timeoutHeight } = await this.#sign(messages, gas, options.memo ?? "");
      const fate = await this.#follow(tx, hash, timeoutHeight, options.signal);
      if (fate.kind === "included" && fate.tx.code === 0) return fate.tx;
      const reason = fate.kind === "again" ? fate.reason : fate.tx.log;
      if (fate.kind === "included") gas = this.#moreGas(fate.tx, gas);
      last = { hash: toHex(hash).toUpperCase(), reason };
      this.#deps.logger.warn("transaction is sent again", { hash: last.hash, attempt, reason });
    }
    throw new TxLostError({ attempts: this.#options.attempts, hash: last.hash, lastReason: last.reason });
  }

  async #gasFor(messages: readonly TxMessage[], plan: GasPlan): Promise<bigint> {
    const wanted = plan.kind === "limit" ? plan.gas : ((await this.#deps.account.simulate(messages, await this.#state())) * 3n) / 2n;
    return wanted < this.#options.gasLimitMax ? wanted : this.#options.gasLimitMax;
  }

  /** Twice the gas where it ran out; any other failure of a block's run is final. */
  #moreGas(tx: IncludedTx, gas: bigint): bigint {
    const { code, codespace, log, hash } = tx;
    const ranOut = codespace === "sdk" && code === SdkCode.outOfGas;
    if (!ranOut || gas >= this.#options.gasLimitMax) throw new TxRefusedError({ stage: "included", code, codespace, log, hash });
    return gas * 2n < this.#options.gasLimitMax ? gas * 2n : this.#options.gasLimitMax;
  }

  async #state(): Promise<AccountState> {
    if (this.#next !== undefined) return this.#next;
    const found = await this.#deps.account.state();
    if (found === undefined) {
      const log = `account ${this.address} holds nothing, so the chain does not know it`;
      throw new TxRefusedError({ stage: "checked", hash: "", codespace: "sdk", code: SdkCode.unknownAddress, log });
    }
    this.#next = found;
    return found;
  }

  async #sign(messages: readonly TxMessage[], gasLimit: bigint, memo: string) {
    const account = await this.#state();
    const timeoutHeight = (await this.#deps.comet.status()).latestHeight + this.#options.timeoutHeights;
    const feeUlam = feeFor(gasLimit, this.#options.gasPriceUlamPerMillion);
    const tx = await this.#deps.account.sign(messages, { account, gasLimit, feeUlam, memo, timeoutHeight });
    return { tx, hash: new Uint8Array(createHash("sha256").update(tx).digest()), timeoutHeight };
  }

  async #follow(tx: Uint8Array, hash: Uint8Array, timeoutHeight: bigint, signal: AbortSignal | undefined): Promise<Fate> {
    const refusal = await this.#broadcast(tx, toHex(hash).toUpperCase());
    if (refusal !== undefined) {
      // Someone else wrote, or a try thought dead was included: the chain's own count is the truth.
      this.#next = undefined;
      await this.#deps.env.timers.sleep(this.#options.pollMs, signal);
      return { kind: "again", reason: refusal };
    }
    const included = await this.#awaitInclusion(hash, timeoutHeight, signal);
    if (included === undefined) {
      this.#next = undefined;
      return { kind: "again", reason: `no block up to height ${timeoutHeight} held it` };
    }
    const { accountNumber, sequence } = await this.#state();
    this.#next = { accountNumber, sequence: sequence + 1n };
    return { kind: "included", tx: included };
  }

  /** Undefined where the node took it, has it already, or may have it; else why it is worth another try. */
  async #broadcast(tx: Uint8Array, hash: string): Promise<string | undefined> {
    let checked: CheckedTx;
    try {
      checked = await this.#deps.comet.broadcast(tx);
    } catch (error) {
      if (!(error instanceof ChainUnreachableError)) throw error;
      // It may have arrived all the same: only its height's passing will tell.
      this.#deps.logger.warn("broadcast was not answered", { hash, error });
      return undefined;
    }
    if (checked.code === 0) return undefined;
    const refused = new TxRefusedError({ stage: "checked", hash, ...checked });
    if (isChainCode(refused, "sdk", SdkCode.inMempool)) return undefined;
    const retried = [SdkCode.wrongSequence, SdkCode.mempoolFull, SdkCode.txTimeoutHeight].some((code) => isChainCode(refused, "sdk", code));
    if (!retried) {
      this.#next = undefined;
      throw refused;
    }
    return checked.log;
  }

  async #awaitInclusion(hash: Uint8Array, timeoutHeight: bigint, signal: AbortSignal | undefined): Promise<IncludedTx | undefined> {
    for (;;) {
      await this.#deps.env.timers.sleep(this.#options.pollMs, signal);
      try {
        const found = await this.#deps.comet.findTx(hash);
        if (found !== undefined) return found;
        // Two heights of grace: nodes index a block's transactions shortly after they commit it.
        const { latestHeight } = await this.#deps.comet.status();
        if (latestHeight > timeoutHeight + 2n) return await this.#deps.comet.findTx(hash);
      } catch (error) {
        if (!(error instanceof ChainUnreachableError)) throw error;
        this.#deps.logger.debug("node does not answer while a transaction is awaited", { error });
      }
    }
  }
}
