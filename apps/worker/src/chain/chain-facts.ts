import type { ChainReader } from "@lamina/chain-client";
import type { LogId } from "@lamina/codec";
import { type Digest, type ModelId, type PublicKey, toHex } from "@lamina/primitives";
import { registry } from "@lamina/protocol";

/** What the worker asks of the chain. */
export type WorkerChain = Pick<
  ChainReader,
  "height" | "rollupParams" | "escrowParams" | "operatorByKey" | "signingKey" | "incarnation" | "log" | "lane" | "model"
>;

/** Rules and prices that a row will be settled by. Amounts in ulam, the rest in heights, nonces or rows. Source: docs/spec/parameters.md. */
export interface SettlementRules {
  readonly signatureFee: bigint;
  readonly exposureBps: bigint;
  readonly challengeWindow: bigint;
  readonly batchRowsMax: number;
  readonly batchBytesMax: number;
  readonly settleByHorizon: bigint;
  readonly epochHeights: bigint;
  readonly noncesPerEpoch: bigint;
}

export interface OperatorFacts {
  readonly id: bigint;
  /** Bech32 account that signs for it. */
  readonly account: string;
  readonly region: string;
  /** Undefined while its rows are paid; else why they would not be. */
  readonly idleBecause: string | undefined;
  /** Most value that may be open, ulam (docs/spec/settlement.md, *Exposure*). */
  readonly exposureMax: bigint;
  /** Charges of its rows accepted and not final, ulam. */
  readonly openValue: bigint;
  /** Ask per unit by model id in hex, ulam, fees included. */
  readonly asks: ReadonlyMap<string, bigint>;
}

/** The chain as the worker last saw it: the node's word (T35). A lie costs rows that are void, never stake. */
export interface ChainFacts {
  readonly height: bigint;
  /** Monotonic time of the reading. */
  readonly readAtMs: number;
  readonly incarnation: number;
  readonly accepted: { readonly count: bigint; readonly head: Digest };
  readonly operator: OperatorFacts;
  readonly rules: SettlementRules;
}

/** What changes only when governance says so. */
export async function readRules(chain: WorkerChain): Promise<SettlementRules> {
  const [rollup, { params, layout }] = await Promise.all([chain.rollupParams(), chain.escrowParams()]);
  return {
    signatureFee: rollup.signatureFee,
    exposureBps: BigInt(rollup.exposureBps),
    challengeWindow: rollup.challengeWindow,
    batchRowsMax: rollup.batchRowsMax,
    batchBytesMax: rollup.batchBytesMax,
    settleByHorizon: params.settleByHorizon,
    epochHeights: layout.epochHeights,
    noncesPerEpoch: layout.noncesPerEpoch,
  };
}

/**
 * Reads all facts at `height`, as the chain gave it just before, or later. The log comes before the operator: what a later answer already counts is
 * then counted twice, never missed. Undefined where the chain knows no such key.
 */
export async function readFacts(
  chain: WorkerChain,
  worker: PublicKey,
  rules: SettlementRules,
  { height, readAtMs }: Pick<ChainFacts, "height" | "readAtMs">,
): Promise<ChainFacts | undefined> {
  const { current } = await chain.incarnation(worker);
  const log: LogId = { worker, level: 1, param: 0, incarnation: current };
  const accepted = await chain.log(log);
  const [operator, key] = await Promise.all([chain.operatorByKey(worker), chain.signingKey(worker)]);
  if (operator === undefined || key === undefined || key.role !== registry.OperatorRole.WORKER) return undefined;
  return { height, readAtMs, incarnation: current, accepted, operator: operatorFacts(operator, key, rules), rules };
}

function operatorFacts(operator: registry.Operator, key: registry.SigningKey, rules: SettlementRules): OperatorFacts {
  return {
    id: operator.id,
    account: operator.operator,
    region: operator.region,
    idleBecause: idleReason(operator, key),
    exposureMax: (BigInt(operator.bond) * rules.exposureBps) / 10_000n,
    openValue: BigInt(operator.openValue === "" ? "0" : operator.openValue),
    asks: new Map(operator.offers.map(({ modelId, unitPrice }) => [askKey(modelId as ModelId), unitPrice])),
  };
}

function idleReason({ status }: registry.Operator, key: registry.SigningKey): string | undefined {
  if (key.convicted) return "the key is convicted";
  if (key.retiredHeight !== 0n) return `the key retires at height ${key.retiredHeight}`;
  if (status !== registry.OperatorStatus.ACTIVE)
    return `the operator is ${registry.OperatorStatusSchema.value[status]?.localName.toLowerCase() ?? status}`;
  return undefined;
}

export function askKey(model: ModelId): string {
  return toHex(model);
}
