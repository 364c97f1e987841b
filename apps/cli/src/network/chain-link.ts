import { type ChainConnection, ChainReader, connectChain } from "@lamina/chain-client";
import { ChainProver } from "@lamina/light-client";
import { type ChainId, chainId } from "@lamina/primitives";
import type { NetworkInputs } from "../plan/network-inputs.ts";

const RPC_TIMEOUT_MS = 10_000;

/** The chain of a network that is being started: connected to at the first question, since it may not run yet. */
export class ChainLink {
  readonly url: string;
  readonly chainId: ChainId;
  #connection: Promise<ChainConnection> | undefined;

  constructor({ ports, record }: NetworkInputs) {
    this.url = `http://127.0.0.1:${ports.validator(0).rpc}`;
    this.chainId = chainId(record.chainId);
  }

  /** Throws `ChainUnreachableError`, or `WrongChainError` where another chain answers (I34). */
  connection(): Promise<ChainConnection> {
    this.#connection ??= connectChain({ url: this.url, chainId: this.chainId, timeoutMs: RPC_TIMEOUT_MS }).catch((error) => {
      this.#connection = undefined;
      throw error;
    });
    return this.#connection;
  }

  async reader(): Promise<ChainReader> {
    return new ChainReader((await this.connection()).comet);
  }

  async prover(): Promise<ChainProver> {
    const { comet } = await this.connection();
    return new ChainProver((method, params) => comet.call(method, params));
  }
}
