import type { Manifest } from "@lamina/codec";
import type { ModelId, PublicKey } from "@lamina/primitives";

/** A bonded worker that may be given jobs. Prices in ulam per unit, fees included. */
export interface ChainWorker {
  readonly operatorId: bigint;
  readonly signingKey: PublicKey;
  readonly keyHex: string;
  readonly region: string;
  /** Unit price by model id in hex. */
  readonly offers: ReadonlyMap<string, bigint>;
}

export interface ChainModel {
  readonly modelId: ModelId;
  readonly manifest: Manifest;
  readonly publisher: string;
}

/** A name and version that point at a model for ever. */
export interface ChainModelVersion {
  readonly name: string;
  readonly version: string;
  readonly modelId: ModelId;
  readonly registeredHeight: bigint;
}

/** Amounts in ulam. */
export interface ChainLane {
  readonly id: bigint;
  readonly spenderKey: PublicKey;
  readonly balance: bigint;
  readonly endHeight: bigint;
  /** Model ids in hex; none: all. */
  readonly models: ReadonlySet<string>;
  readonly levels: ReadonlySet<number>;
  readonly isOpen: boolean;
}

export interface ChainRules {
  readonly settleByHorizon: bigint;
  readonly epochHeights: bigint;
  readonly noncesPerEpoch: number;
  readonly signatureFee: bigint;
  readonly challengeWindow: bigint;
}

/** What the gateway knows of the chain at one moment: a node's word, used for routing and limits; proofs are made apart (T35). */
export interface ChainSnapshot {
  readonly height: bigint;
  readonly rules: ChainRules;
  readonly workers: readonly ChainWorker[];
  /** By model id in hex. */
  readonly models: ReadonlyMap<string, ChainModel>;
  readonly versions: readonly ChainModelVersion[];
  readonly lanes: ReadonlyMap<bigint, ChainLane>;
  /** The sequencer's term; undefined before the first. */
  readonly term: { readonly term: bigint; readonly key: PublicKey } | undefined;
}

/** Reads the chain. Its one adapter is chain-source.ts. */
export interface ChainSource {
  height(): Promise<bigint>;
  /** One lane, bound or not; undefined where the chain has none of that id. */
  lane(id: bigint): Promise<ChainLane | undefined>;
  /** Everything but the height. `lanes`: those that are asked about. */
  read(lanes: readonly bigint[]): Promise<Omit<ChainSnapshot, "height">>;
}
