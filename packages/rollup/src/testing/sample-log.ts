import {
  computeJobId,
  headAfterRows,
  headBytes,
  type LaneAuthorisation,
  type LogId,
  type Row,
  rowLeafHash,
  signJobBytes,
  spendBytes,
  startHead,
} from "@lamina/codec";
import { chainId, type Digest, type ModelId, type Signature } from "@lamina/primitives";
import { type NodeSigner, nodeEd25519Signer } from "@lamina/primitives/node";
import { SeededRng } from "@lamina/testing";
import type { DraftLane } from "../draft-block.ts";
import type { LogQueue, Segment } from "../log-queue.ts";

export const sampleChain = chainId("lamina-test-1");
export const sequencer = nodeEd25519Signer(new SeededRng(1).bytes(32));

/** Lanes 1 to 3, each with its spender. */
export const spenders: ReadonlyMap<bigint, NodeSigner> = new Map(
  [1n, 2n, 3n].map((lane) => [lane, nodeEd25519Signer(new SeededRng(10n + lane).bytes(32))]),
);

/** One worker's log of `count` rows, with the segments that any cutting of it gives. */
export class SampleLog {
  readonly signer: NodeSigner;
  readonly log: LogId;
  readonly rows: readonly Row[];

  constructor(seed: number, count: number) {
    const rng = new SeededRng(seed);
    this.signer = nodeEd25519Signer(rng.bytes(32));
    this.log = { worker: this.signer.publicKey, level: 1, param: 0, incarnation: 0 };
    this.rows = Array.from({ length: count }, (_, index): Row => {
      const fixed = { ...this.log, lane: 1n + BigInt(rng.below(3)), nonce: index, model: rng.bytes(32) as ModelId, profile: 1, items: 1 };
      const priced = { unitPrice: 2n, ceiling: 9n, settleBy: 100n, units: 3n, charge: 6n };
      return { ...fixed, ...priced, h: rng.bytes(32) as Digest, index: BigInt(index), output: rng.bytes(32) as Digest };
    });
  }

  head(count: number): Digest {
    return headAfterRows(startHead(sampleChain, this.log), this.rows.slice(0, count));
  }

  segment(from: number, to: number): Segment {
    const head = this.head(to);
    const signature = this.signer.sign(headBytes(sampleChain, { ...this.log, count: BigInt(to), head })) as Signature;
    const rows = this.rows.slice(from, to).map((row) => ({ row, leafHash: rowLeafHash(row), jobSignature: jobSignature(row) }));
    return { start: BigInt(from), previousHead: this.head(from), rows, head, signature };
  }

  empty(): LogQueue {
    return { log: this.log, tip: { count: 0n, head: this.head(0) }, waiting: [] };
  }

  /** A queue of segments that end at `ends`. */
  queue(...ends: number[]): LogQueue {
    return { ...this.empty(), waiting: ends.map((end, at) => this.segment(ends[at - 1] ?? 0, end)) };
  }
}

function jobSignature(row: Row): Signature {
  return spenderOf(row.lane).sign(signJobBytes(sampleChain, computeJobId(sampleChain, row), row.settleBy)) as Signature;
}

export function spenderOf(lane: bigint): NodeSigner {
  const spender = spenders.get(lane);
  if (spender === undefined) throw new Error(`no spender of lane ${lane}`);
  return spender;
}

/** Every lane authorised by its root, or by its jobs' own signatures. */
export function authorise(lanes: readonly DraftLane[], mode: LaneAuthorisation["mode"]): LaneAuthorisation[] {
  return lanes.map(({ lane, rows, spend }): LaneAuthorisation => {
    if (mode === "each") return { lane, mode, signatures: rows.map((row) => row.jobSignature) };
    return { lane, mode, signature: spenderOf(lane).sign(spendBytes(sampleChain, spend)) as Signature };
  });
}
