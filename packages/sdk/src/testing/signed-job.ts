import {
  computeJobId,
  computeModelId,
  encodeManifest,
  headAfterRows,
  headBytes,
  type Item,
  itemsCommitment,
  type Manifest,
  NO_PARAMETERS,
  privateCommitment,
  type Row,
  startHead,
} from "@lamina/codec";
import { encodeReceipt, type SignedPart } from "@lamina/light-client";
import { seededDigest, seededSigner } from "@lamina/light-client/testing";
import { type ChainId, toHex } from "@lamina/primitives";
import { runModel } from "./models.ts";

export const TEST_CHAIN = "lamina-test-1" as ChainId;

/** What a gateway makes of a request before a worker signs it. */
export interface JobPlan {
  readonly manifest: Manifest;
  readonly profile: number;
  readonly items: readonly Item[];
  readonly reference: Uint8Array;
}

export interface SignedJob {
  readonly jobId: string;
  readonly row: Row;
  readonly outputs: readonly Item[];
  readonly receipt: Uint8Array;
}

/** A job as an honest gateway and worker make it, with `change` spoiling the row before it is signed. */
export function signJob(plan: JobPlan, place: number, change: Partial<Row> = {}, chainId: ChainId = TEST_CHAIN): SignedJob {
  const salt = seededDigest("salt", place);
  const secret: SignedPart["private"] = {
    salt,
    inputCommitment: itemsCommitment(plan.items, "input", salt),
    parameters: NO_PARAMETERS,
    reference: plan.reference,
  };
  const outputs = plan.items.map(runModel);
  const worker = seededSigner("worker");
  const units = BigInt(plan.items.length) * (plan.manifest.profiles.find(({ id }) => id === plan.profile)?.unitsPerItem ?? 0n);
  const row: Row = {
    level: 1,
    param: 0,
    worker: worker.publicKey,
    lane: 1n,
    nonce: place,
    model: computeModelId(encodeManifest(plan.manifest)),
    profile: plan.profile,
    items: plan.items.length,
    unitPrice: 3n,
    ceiling: units * 3n + 2n,
    settleBy: 100n,
    h: privateCommitment(secret),
    incarnation: 0,
    index: 0n,
    units,
    charge: units * 3n,
    output: itemsCommitment(outputs, "output", salt),
    ...change,
  };
  const log = { worker: row.worker, level: row.level, param: row.param, incarnation: row.incarnation };
  const previousHead = startHead(chainId, log);
  const statement = headBytes(chainId, { ...log, count: 1n, head: headAfterRows(previousHead, [row]) });
  const head = { previousHead, following: [], signature: worker.sign(statement) };
  return {
    jobId: toHex(computeJobId(chainId, row)),
    row,
    outputs,
    receipt: encodeReceipt({ stage: "signed", chainId, signed: { row, private: secret, head } }),
  };
}
