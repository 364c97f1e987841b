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
  /** Tries in all, counting only those that a block could have held: a node that refuses one for its sequence is asked again meanwhile. */
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

type Fate =
  | { readonly kind: "included"; readonly tx: IncludedTx }
  /** No block held it, and none ever will. */
  | { readonly kind: "dead"; readonly reason: string }
  /** The node did not take it: it was in no block's reach. */
  | { readonly kind: "refused"; readonly reason: string };

interface SignedTx {
  readonly tx: Uint8Array;
  readonly hash: Uint8Array;
  readonly sequence: bigint;
  /** The first height and the last that may hold it. */
  readonly firstHeight: bigint;
  readonly timeoutHeight: bigint;
}

/**
 * The one writer of an account: transactions leave one after another, each waited for before the next (T34). A transaction that no block took
 * within its heights is dead by its own timeout and sent anew, so at most one of the tries is ever included (T33). That no block took it is read from
 * the account's sequence and from the blocks themselves.
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
  async simulate(messages: readonly TxMessage[], signal?: AbortSignal): Promise<bigint> {
    const patience = new Patience(this.#options);
    for (;;) {
      try {
        return await this.#deps.account.simulate(messages, await this.#state());
      } catch (error) {
        if (!isChainCode(error, "sdk", SdkCode.wrongSequence)) throw error;
        // Another writer's transaction came between, or waits in the mempool (T34): nothing was sent yet, so asking again costs nothing.
        this.#next = undefined;
        if (patience.isSpent((await this.#deps.comet.status()).latestHeight)) throw error;
        await this.#deps.env.timers.sleep(this.#options.pollMs, signal);
      }
    }
  }

  async #send(messages: readonly TxMessage[], options: SendOptions): Promise<IncludedTx> {
    let gas = await this.#gasFor(messages, options);
    let patience = new Patience(this.#options);
    for (let attempt = 1; ; ) {
      options.signal?.throwIfAborted();
      const signed = await this.#sign(messages, gas, options.memo ?? "");
      const fate = await this.#follow(signed, options.signal);
      if (fate.kind === "included" && fate.tx.code === 0) return fate.tx;
      const reason = fate.kind === "included" ? fate.tx.log : fate.reason;
      if (fate.kind === "included") gas = this.#moreGas(fate.tx, gas);
      const hash = toHex(signed.hash).toUpperCase();
      const isLast = fate.kind === "refused" ? patience.isSpent(signed.firstHeight - 1n) : attempt >= this.#options.attempts;
      if (isLast) throw new TxLostError({ attempts: attempt, hash, lastReason: reason });
      this.#deps.logger[fate.kind === "refused" ? "debug" : "warn"]("transaction is sent again", { hash, attempt, reason });
      if (fate.kind === "refused") continue;
      attempt += 1;
      patience = new Patience(this.#options);
    }
  }

  async #gasFor(messages: readonly TxMessage[], { gas = { kind: "simulate" }, signal }: SendOptions): Promise<bigint> {
    const wanted = gas.kind === "limit" ? gas.gas : ((await this.simulate(messages, signal)) * 3n) / 2n;
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

  async #sign(messages: readonly TxMessage[], gasLimit: bigint, memo: string): Promise<SignedTx> {
    const account = await this.#state();
    const { latestHeight } = await this.#deps.comet.status();
    const timeoutHeight = latestHeight + this.#options.timeoutHeights;
    const feeUlam = feeFor(gasLimit, this.#options.gasPriceUlamPerMillion);
    const tx = await this.#deps.account.sign(messages, { account, gasLimit, feeUlam, memo, timeoutHeight });
    const hash = new Uint8Array(createHash("sha256").update(tx).digest());
    return { tx, hash, sequence: account.sequence, firstHeight: latestHeight + 1n, timeoutHeight };
  }

  async #follow(signed: SignedTx, signal: AbortSignal | undefined): Promise<Fate> {
    const refusal = await this.#broadcast(signed.tx, toHex(signed.hash).toUpperCase());
    if (refusal !== undefined) {
      // Someone else wrote: the chain's own count is the truth.
      this.#next = undefined;
      await this.#deps.env.timers.sleep(this.#options.pollMs, signal);
      return { kind: "refused", reason: refusal };
    }
    const included = await this.#awaitInclusion(signed, signal);
    if (included === undefined) {
      this.#next = undefined;
      return { kind: "dead", reason: `no block up to height ${signed.timeoutHeight} held it` };
    }
    const { accountNumber } = await this.#state();
    this.#next = { accountNumber, sequence: signed.sequence + 1n };
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

  /** Undefined once it is certain that no block holds it or will: what is not certainly dead is waited for, since a second one would be paid too. */
  async #awaitInclusion(signed: SignedTx, signal: AbortSignal | undefined): Promise<IncludedTx | undefined> {
    for (;;) {
      await this.#deps.env.timers.sleep(this.#options.pollMs, signal);
      try {
        const found = await this.#deps.comet.findTx(signed.hash);
        if (found !== undefined) return found;
        // Two heights of grace: a node knows a block before it has run it.
        const { latestHeight } = await this.#deps.comet.status();
        if (latestHeight > signed.timeoutHeight + 2n) return await this.#findInBlocks(signed);
      } catch (error) {
        if (!(error instanceof ChainUnreachableError)) throw error;
        this.#deps.logger.debug("node does not answer while a transaction is awaited", { error });
      }
    }
  }

  /**
   * Looks where the node's index may lag or have a gap: a transaction taken for lost would be sent, and pay, a second time (T33). All its heights
   * must have been run. Undefined is certain.
   */
  async #findInBlocks({ hash, sequence, firstHeight, timeoutHeight }: SignedTx): Promise<IncludedTx | undefined> {
    const state = await this.#deps.account.state();
    if (state !== undefined && state.sequence <= sequence) return undefined;
    for (let height = firstHeight; height <= timeoutHeight; height++) {
      const found = await this.#deps.comet.findTxAt(hash, height);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** Bounds, in heights, how long refusals are taken for somebody else's turn: as long as all the tries together may wait for blocks. */
class Patience {
  readonly #heights: bigint;
  #sinceHeight: bigint | undefined;

  constructor({ timeoutHeights, attempts }: TxSenderOptions) {
    this.#heights = timeoutHeights * BigInt(attempts);
  }

  isSpent(height: bigint): boolean {
    this.#sinceHeight ??= height;
    return height > this.#sinceHeight + this.#heights;
  }
}
