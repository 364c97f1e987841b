import type { CommittedBlock } from "@lamina/chain-client";
import type { ChainId, Env } from "@lamina/primitives";
import { toHex } from "@lamina/primitives";
import type { Logger } from "@lamina/telemetry";
import type { ChainFollower } from "../chain/chain-follower.ts";
import { factsOfHeight } from "./height-facts.ts";
import type { SettlementStore } from "./settlement-store.ts";

/** Heights fetched ahead of the one being stored. */
const PREFETCH = 16n;
/** Heights beyond a job's last one after which it surely was not accepted. */
const EXPIRY_MARGIN = 5n;

export interface SettlementFollowerDependencies {
  readonly env: Pick<Env, "step">;
  readonly chain: ChainFollower;
  readonly committedBlock: (height: bigint) => Promise<CommittedBlock>;
  readonly store: SettlementStore;
  readonly isOurs: (lane: bigint) => boolean;
  readonly logger: Logger;
}

/** Reads every committed height in order, and stores what became of this gateway's jobs, one transaction a height with its cursor. */
export class SettlementFollower {
  readonly #chainId: ChainId;
  readonly #dependencies: SettlementFollowerDependencies;
  readonly #terms = new Map<bigint, Uint8Array>();
  #height = 0n;

  constructor(options: { readonly chainId: ChainId }, dependencies: SettlementFollowerDependencies) {
    this.#chainId = options.chainId;
    this.#dependencies = dependencies;
  }

  /** The last height that is stored whole. */
  get height(): bigint {
    return this.#height;
  }

  /** Reads up to the height that the chain has now, or until told to stop. */
  async catchUp(signal: AbortSignal): Promise<void> {
    const { store, chain, logger } = this.#dependencies;
    this.#height = await store.height();
    const target = chain.latest?.height ?? 0n;
    const fetched = new Map<bigint, Promise<CommittedBlock>>();
    while (this.#height < target && !signal.aborted) {
      this.#prefetch(fetched, target);
      const next = this.#height + 1n;
      const block = await (fetched.get(next) ?? this.#dependencies.committedBlock(next));
      fetched.delete(next);
      await this.#store(block);
    }
    const released = await store.releaseExpired(this.#height - EXPIRY_MARGIN);
    if (released > 0) logger.info("jobs that were never answered and can no longer settle cost nothing", { released });
  }

  #prefetch(fetched: Map<bigint, Promise<CommittedBlock>>, target: bigint): void {
    for (let height = this.#height + 1n; height <= target && height <= this.#height + PREFETCH; height += 1n) {
      if (fetched.has(height)) continue;
      const block = this.#dependencies.committedBlock(height);
      // Whoever waits for it is told.
      block.catch(() => undefined);
      fetched.set(height, block);
    }
  }

  async #store(block: CommittedBlock): Promise<void> {
    const { store, isOurs, logger, env, chain } = this.#dependencies;
    const current = chain.latest?.term;
    if (current !== undefined) this.#terms.set(current.term, current.key);
    const facts = factsOfHeight(block, { chainId: this.#chainId, isOurs, keyOfTerm: (term) => this.#terms.get(term) });
    for (const { term, key } of facts.terms) this.#terms.set(term, key);
    await env.step("gateway.settlement.height");
    const isApplied = await store.apply(facts);
    // Another gateway of this database was first: its height is as good.
    this.#height = isApplied ? block.height : await store.height();
    for (const { number, headerHash } of facts.accepted)
      logger.debug("a block with our rows is pending", { number, headerHash: toHex(headerHash), height: block.height });
  }
}
