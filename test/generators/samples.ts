import {
  type Batch,
  computeJobId,
  encodeHeader,
  genesisParent,
  headAfter,
  headBytes,
  headerHash,
  headerOfBlock,
  type Job,
  type LaneAuthorisation,
  type PostedBlock,
  type PostedRun,
  type Row,
  rowLeafHash,
  rowsPerLane,
  rowsRoot,
  signJobBytes,
  spendBytes,
  spendRoot,
  startHead,
  sumCharges,
} from "@lamina/codec";
import { chainId, type Digest, type ModelId, type Signature } from "@lamina/primitives";
import { nodeEd25519Signer } from "@lamina/primitives/node";
import { seededBytes, seededNumber } from "./seeded.ts";

export const chain = chainId("lamina-test-1");

/** The keys of all samples come from seeds, so that their signatures hold and stay the same. */
export const workers = ["a", "b", "c"].map((name) => nodeEd25519Signer(seededBytes(32, "worker", name)));
export const spenders = ["x", "y", "z"].map((name) => nodeEd25519Signer(seededBytes(32, "spender", name)));
export const sequencer = nodeEd25519Signer(seededBytes(32, "sequencer"));
export const models = ["m", "n"].map((name) => seededBytes(32, "model", name) as ModelId);

export function sampleJob(seed: string, change: Partial<Job> = {}): Job {
  return {
    level: 1,
    param: 0,
    worker: workers[0]!.publicKey,
    lane: 7n,
    nonce: seededNumber(1_048_576, "nonce", seed),
    model: models[0]!,
    profile: 1,
    items: 1 + seededNumber(4, "items", seed),
    unitPrice: 25n,
    ceiling: 1000n,
    settleBy: 300n,
    h: seededBytes(32, "h", seed) as Digest,
    ...change,
  };
}

export function sampleRow(seed: string, index: bigint, change: Partial<Row> = {}): Row {
  const job = sampleJob(seed, change);
  const units = BigInt(job.items) * 2n;
  const row = { ...job, incarnation: 0, index, units, charge: units * job.unitPrice, output: seededBytes(32, "output", seed) as Digest };
  return { ...row, ...change };
}

/** Rows of one worker's log from `start`, over some lanes and models, with the run that posts them. */
export function sampleRun(worker: number, start: bigint, count: number, seed: string, lanes = 3): { run: PostedRun; rows: Row[] } {
  const signer = workers[worker]!;
  const rows = Array.from({ length: count }, (_, at) => {
    const name = `${seed}/${at}`;
    const lane = BigInt(10 + 1000 * seededNumber(lanes, "lane", name));
    const model = models[seededNumber(2, "model", name)]!;
    return sampleRow(name, start + BigInt(at), { worker: signer.publicKey, lane, model, settleBy: 290n + BigInt(seededNumber(3, "by", name)) });
  });
  const log = { worker: signer.publicKey, level: 1, param: 0, incarnation: 0 };
  const previousHead = start === 0n ? startHead(chain, log) : (seededBytes(32, "head", seed) as Digest);
  const head = headAfter(previousHead, rows.map(rowLeafHash));
  const signature = signer.sign(headBytes(chain, { ...log, count: start + BigInt(count), head })) as Signature;
  return { run: { worker: log.worker, incarnation: 0, start, count, previousHead, signature }, rows };
}

/** The spender of a lane of `sampleRun`. */
export function spenderOf(lane: bigint) {
  return spenders[Number(lane / 1000n) % spenders.length]!;
}

/** Every lane's rows authorised; lanes of `each` by their jobs' own signatures. */
export function authorise(rows: readonly Row[], term: bigint, number: bigint, each: (lane: bigint) => boolean): LaneAuthorisation[] {
  return rowsPerLane(rows).map(([lane, count]): LaneAuthorisation => {
    const own = rows.filter((row) => row.lane === lane);
    const ids = own.map((row) => computeJobId(chain, row));
    const spender = spenderOf(lane);
    if (!each(lane)) {
      const signature = spender.sign(spendBytes(chain, { lane, term, number, count, root: spendRoot(ids) })) as Signature;
      return { lane, mode: "root", signature };
    }
    return { lane, mode: "each", signatures: ids.map((id, at) => spender.sign(signJobBytes(chain, id, own[at]!.settleBy)) as Signature) };
  });
}

interface Piece {
  readonly run: PostedRun;
  readonly rows: readonly Row[];
}

/** A signed block of `pieces` at its place. */
export function sampleBlock(pieces: readonly Piece[], place: { term: bigint; number: bigint; parent: Digest }, referenceHeight = 100n): PostedBlock {
  const sorted = [...pieces].sort((left, right) => Buffer.compare(left.run.worker, right.run.worker));
  const rows = sorted.flatMap((piece) => piece.rows);
  const unsigned = {
    level: 1,
    param: 0,
    referenceHeight,
    charges: sumCharges(rows),
    rowsRoot: rowsRoot(rows),
    signature: new Uint8Array(64) as Signature,
    runs: sorted.map((piece) => piece.run),
    rows,
    authorisations: authorise(rows, place.term, place.number, (lane) => lane === 1010n),
  };
  const header = headerOfBlock(unsigned, { chainId: chain, ...place });
  return { ...unsigned, signature: sequencer.sign(encodeHeader(header)) as Signature };
}

/** A batch of signed blocks, each the parent of the next. */
export function sampleBatch(blocks: readonly (readonly Piece[])[], term = 1n, firstNumber = 1n): Batch {
  let parent = firstNumber === 1n ? genesisParent(chain) : (seededBytes(32, "parent") as Digest);
  const first = parent;
  const posted = blocks.map((pieces, at) => {
    const place = { term, number: firstNumber + BigInt(at), parent };
    const block = sampleBlock(pieces, place, 100n + BigInt(at));
    parent = headerHash(headerOfBlock(block, { chainId: chain, ...place }));
    return block;
  });
  return { term, firstNumber, parent: first, blocks: posted };
}
