import { MerkleTree } from "@lamina/merkle";
import type { SettlementStore } from "./settlement-store.ts";

const PAGE = 5_000;

/** The tree over all final records, read from Postgres as far as it goes and further at each call. */
export class FinalLog {
  readonly #store: Pick<SettlementStore, "recordsFrom">;
  #tree = new MerkleTree();
  #reading: Promise<void> | undefined;

  constructor(dependencies: { readonly store: Pick<SettlementStore, "recordsFrom"> }) {
    this.#store = dependencies.store;
  }

  async tree(): Promise<MerkleTree> {
    // One reader at a time: two would append the same records.
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
    return this.#tree;
  }

  async #read(): Promise<void> {
    for (;;) {
      const records = await this.#store.recordsFrom(BigInt(this.#tree.size), PAGE);
      for (const record of records) this.#tree.append(record);
      if (records.length < PAGE) return;
    }
  }
}
