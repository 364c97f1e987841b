import { fromBinary } from "@bufbuild/protobuf";
import { decodeHeader, hash, type VerifySignature } from "@lamina/codec";
import { MerkleTree } from "@lamina/merkle";
import type { Notice } from "@lamina/messaging";
import { bytesEqual, type ChainId, concatBytes, DecodeError, digest, type Env } from "@lamina/primitives";
import { bus } from "@lamina/protocol";
import type { Logger } from "@lamina/telemetry";
import type { ChainFollower } from "../chain/chain-follower.ts";
import type { BlockSeen } from "./height-facts.ts";
import type { SettlementStore } from "./settlement-store.ts";

/** Jobs are stored within moments of their answers: an announcement that is looked up a little later finds them. */
const LOOKUP_DELAY_MS = 250;

export interface PreconfirmationsDependencies {
  readonly env: Pick<Env, "timers">;
  readonly chain: ChainFollower;
  readonly store: SettlementStore;
  readonly verify: VerifySignature;
  readonly logger: Logger;
}

/** Takes sequencers' announcements of blocks, believes those that the term's key signed, and stores where our rows stand: stage 2 of a receipt. */
export class Preconfirmations {
  readonly #chainId: ChainId;
  readonly #dependencies: PreconfirmationsDependencies;

  constructor(options: { readonly chainId: ChainId }, dependencies: PreconfirmationsDependencies) {
    this.#chainId = options.chainId;
    this.#dependencies = dependencies;
  }

  hear(notice: Notice): void {
    const { env, store, logger } = this.#dependencies;
    const read = this.#read(notice.payload);
    if (typeof read === "string") {
      logger.warn("an announced block was not believed", { subject: notice.subject, problem: read });
      return;
    }
    env.timers
      .sleep(LOOKUP_DELAY_MS)
      .then(() => store.announce(read))
      .catch((error: unknown) => logger.warn("an announced block could not be stored; the chain will tell the same", { error }));
  }

  #read(payload: Uint8Array): BlockSeen | string {
    const said = fromBinary(bus.PreconfirmationSchema, payload);
    try {
      const header = decodeHeader(said.header);
      const term = this.#dependencies.chain.latest?.term;
      if (header.chainId !== this.#chainId) return `expected chain ${this.#chainId}, found ${header.chainId}`;
      if (term === undefined || term.term !== header.term) return `expected term ${term?.term}, found ${header.term}`;
      if (!this.#dependencies.verify(term.key, said.header, said.signature)) return "the sequencer's signature does not verify";
      const tree = MerkleTree.fromHashes(said.leafHashes.map(digest));
      if (tree.size !== header.rows || !bytesEqual(tree.root(), header.rowsRoot)) return "the rows are not the header's";
      return {
        kind: 1,
        term: header.term,
        number: header.number,
        header: said.header,
        headerHash: hash(said.header),
        sequencerKey: term.key,
        signature: said.signature,
        leafHashes: concatBytes(...said.leafHashes),
        acceptedHeight: undefined,
        batchId: undefined,
      };
    } catch (error) {
      if (error instanceof DecodeError) return error.message;
      throw error;
    }
  }
}
