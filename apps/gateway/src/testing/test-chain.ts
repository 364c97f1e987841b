import type { CommittedBlock } from "@lamina/chain-client";
import { computeModelId, encodeManifest, type Manifest } from "@lamina/codec";
import { modelId, type PublicKey, toHex } from "@lamina/primitives";
import type { ChainLane, ChainModel, ChainModelVersion, ChainSnapshot, ChainSource, ChainWorker } from "../chain/chain-snapshot.ts";

/** What the gateway asks a chain, answered from memory: heights, registry and lanes that a test sets. */
export class TestChain implements ChainSource {
  height_ = 20n;
  isDown = false;
  readonly workers: ChainWorker[] = [];
  readonly models = new Map<string, ChainModel>();
  readonly versions: ChainModelVersion[] = [];
  readonly lanes = new Map<bigint, ChainLane>();
  term: ChainSnapshot["term"];
  rules: ChainSnapshot["rules"] = { settleByHorizon: 300n, epochHeights: 600n, noncesPerEpoch: 1_048_576, signatureFee: 2n, challengeWindow: 10n };

  addModel(manifest: Manifest, version = "1"): string {
    const id = modelId(computeModelId(encodeManifest(manifest)));
    const name = toHex(id);
    this.models.set(name, { modelId: id, manifest, publisher: "lamina1publisher" });
    this.versions.push({ name: manifest.name, version, modelId: id, registeredHeight: BigInt(this.versions.length + 1) });
    return name;
  }

  addWorker(operatorId: bigint, signingKey: PublicKey, offers: ReadonlyMap<string, bigint>): void {
    this.workers.push({ operatorId, signingKey, keyHex: toHex(signingKey), region: "test", offers });
  }

  addLane(id: bigint, spenderKey: PublicKey, balance = 1_000_000_000n): void {
    this.lanes.set(id, { id, spenderKey, balance, endHeight: 1_000_000n, models: new Set(), levels: new Set([1]), isOpen: true });
  }

  /** Heights that did something. */
  readonly blocks = new Map<bigint, Pick<CommittedBlock, "transactions" | "events">>();

  async committedBlock(height: bigint): Promise<CommittedBlock> {
    const known = this.blocks.get(height);
    return {
      chainId: "lamina-test-1",
      height,
      timeMs: 0,
      hash: new Uint8Array(32),
      previousHash: new Uint8Array(32),
      transactions: [],
      events: [],
      ...known,
    };
  }

  async height(): Promise<bigint> {
    this.#requireUp();
    return this.height_;
  }

  async lane(id: bigint): Promise<ChainLane | undefined> {
    this.#requireUp();
    return this.lanes.get(id);
  }

  async read(lanes: readonly bigint[]): Promise<Omit<ChainSnapshot, "height">> {
    this.#requireUp();
    const known = lanes.flatMap((id) => this.lanes.get(id) ?? []);
    const { rules, workers, models, versions, term } = this;
    return {
      rules,
      workers: [...workers],
      models: new Map(models),
      versions: [...versions],
      lanes: new Map(known.map((lane) => [lane.id, lane])),
      term,
    };
  }

  #requireUp(): void {
    if (this.isDown) throw new Error("the test chain is down");
  }
}
