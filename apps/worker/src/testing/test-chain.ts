import { create } from "@bufbuild/protobuf";
import { headAfter, type LogId, startHead } from "@lamina/codec";
import { hashLeaf } from "@lamina/merkle";
import { bytesEqual, type ChainId, type Digest, type PublicKey } from "@lamina/primitives";
import { escrow, registry, rollup } from "@lamina/protocol";
import type { WorkerChain } from "../chain/chain-facts.ts";

/** A chain in memory, as far as a worker asks one: facts are fields that a test sets. */
export class TestChain implements WorkerChain {
  readonly lanes = new Map<bigint, escrow.Lane>();
  readonly chainId: ChainId;
  readonly worker: PublicKey;
  heightNow = 100n;
  incarnationNow = 0;
  operator: registry.Operator;
  key: registry.SigningKey;
  isReachable = true;
  /** Rows accepted, by incarnation. */
  readonly #accepted = new Map<number, { count: bigint; head: Digest }>();

  constructor(chainId: ChainId, worker: PublicKey, modelId: Uint8Array, ask: bigint) {
    this.chainId = chainId;
    this.worker = worker;
    const { ACTIVE } = registry.OperatorStatus;
    const { WORKER } = registry.OperatorRole;
    const fields = { id: 7n, role: WORKER, operator: "lamina1worker", signingKey: worker, bond: "1000000000", status: ACTIVE, openValue: "0" };
    this.operator = create(registry.OperatorSchema, { ...fields, region: "eu", offers: [{ modelId, unitPrice: ask }] });
    this.key = create(registry.SigningKeySchema, { key: worker, role: WORKER, operatorId: 7n, registeredHeight: 1n });
  }

  addLane(lane: { id: bigint; spenderKey: Uint8Array; balance?: string; endHeight?: bigint; models?: Uint8Array[]; levels?: number[] }): escrow.Lane {
    const made = create(escrow.LaneSchema, { balance: "1000000", endHeight: 100_000n, levels: [1], registeredHeight: 1n, ...lane });
    this.lanes.set(made.id, made);
    return made;
  }

  /** Takes rows as a settled batch would, in a block of its own; those it has already are skipped. */
  accept(start: bigint, rows: readonly Uint8Array[]): void {
    this.heightNow += 1n;
    const { count, head } = this.acceptedOf(this.incarnationNow);
    const fresh = rows.slice(Number(count - start));
    this.#accepted.set(this.incarnationNow, { count: count + BigInt(fresh.length), head: headAfter(head, fresh.map(hashLeaf)) });
  }

  acceptedOf(incarnation: number): { count: bigint; head: Digest } {
    const log = { worker: this.worker, level: 1, param: 0, incarnation };
    return this.#accepted.get(incarnation) ?? { count: 0n, head: startHead(this.chainId, log) };
  }

  setAccepted(incarnation: number, accepted: { count: bigint; head: Digest }): void {
    this.heightNow += 1n;
    this.#accepted.set(incarnation, accepted);
  }

  async height(): Promise<bigint> {
    if (!this.isReachable) throw new Error("connection refused");
    return this.heightNow;
  }

  async rollupParams(): Promise<rollup.Params> {
    const limits = { batchRowsMax: 12_000, batchBytesMax: 1_500_000, blockRunsMax: 1_024 };
    return create(rollup.ParamsSchema, { challengeWindow: 10n, signatureFee: 2n, dataFee: 2n, exposureBps: 5_000, ...limits });
  }

  async escrowParams() {
    const params = create(escrow.ParamsSchema, { settleByHorizon: 300n });
    return { params, layout: create(escrow.LayoutSchema, { epochHeights: 600n, noncesPerEpoch: 1_048_576n }) };
  }

  async operatorByKey(key: PublicKey): Promise<registry.Operator | undefined> {
    return bytesEqual(key, this.worker) ? this.operator : undefined;
  }

  async signingKey(key: PublicKey): Promise<registry.SigningKey | undefined> {
    return bytesEqual(key, this.worker) ? this.key : undefined;
  }

  async incarnation(worker: PublicKey): Promise<rollup.Incarnation> {
    return create(rollup.IncarnationSchema, { worker, current: this.incarnationNow });
  }

  async log({ incarnation }: LogId) {
    return this.acceptedOf(incarnation);
  }

  async lane(id: bigint): Promise<escrow.Lane | undefined> {
    if (!this.isReachable) throw new Error("connection refused");
    return this.lanes.get(id);
  }

  async model(): Promise<registry.Model | undefined> {
    return create(registry.ModelSchema, {});
  }
}
