import {
  type Batch,
  computeJobId,
  encodeHeader,
  headAfter,
  headBytes,
  headerHash,
  headerOfBlock,
  type LaneAuthorisation,
  type PlacedHeader,
  type PostedBlock,
  type Row,
  rowLeafHash,
  signJobBytes,
  spendBytes,
  spendRoot,
  sumCharges,
  type VerifySignature,
} from "@lamina/codec";
import { appendHash, emptyLog, logRoot } from "@lamina/merkle";
import { bytesEqual, type ChainId, type Digest, type PublicKey, U64_MAX } from "@lamina/primitives";

/** What a check needs beside the block's own bytes. */
export interface BlockKeys {
  readonly sequencerKey: PublicKey;
  /** The lane's spender, undefined for a lane that does not exist. */
  spenderOf(lane: bigint): PublicKey | undefined;
  readonly verify: VerifySignature;
}

/** Why a batch would be rejected whole: the item, and the rule of docs/spec/settlement.md that it breaks. */
export interface BlockProblem {
  readonly item: string;
  readonly expected: string;
}

export type BatchCheck = { readonly kind: "valid"; readonly headers: readonly PlacedHeader[] } | ({ readonly kind: "invalid" } & BlockProblem);

const OPTIMISTIC = 1;

/** Steps 3–6 of acceptance as far as bytes and keys decide them; existence on the chain and log positions are its own to know. */
export function checkBatch(chainId: ChainId, batch: Batch, keys: BlockKeys): BatchCheck {
  const headers: PlacedHeader[] = [];
  let parent = batch.parent;
  for (const [index, block] of batch.blocks.entries()) {
    const header = headerOfBlock(block, { chainId, term: batch.term, number: batch.firstNumber + BigInt(index), parent });
    const placed = { header, bytes: encodeHeader(header), hash: headerHash(header) };
    const before = batch.blocks[index - 1];
    const fell = before !== undefined && block.referenceHeight < before.referenceHeight;
    const problem = fell ? { item: "reference_height", expected: "one not below the block's before" } : blockProblem(placed, block, keys);
    if (problem !== undefined) return { kind: "invalid", ...problem, item: `blocks[${index}].${problem.item}` };
    parent = placed.hash;
    headers.push(placed);
  }
  return { kind: "valid", headers };
}

/** The first rule that `block` breaks at its place, or undefined. */
export function blockProblem(placed: PlacedHeader, block: PostedBlock, keys: BlockKeys): BlockProblem | undefined {
  const { header } = placed;
  if (header.level !== OPTIMISTIC || header.param !== 0) return { item: "level", expected: "optimistic, with param 0" };
  const leaves = block.rows.map(rowLeafHash);
  const charges = sumCharges(block.rows);
  if (charges > U64_MAX || charges !== header.charges) return { item: "charges", expected: `${charges}` };
  const root = logRoot(leaves.reduce(appendHash, emptyLog).peaks);
  if (!bytesEqual(root, header.rowsRoot)) return { item: "rows_root", expected: "the tree over the rows" };
  if (!keys.verify(keys.sequencerKey, placed.bytes, block.signature)) return { item: "signature", expected: "the term's key over the header" };
  return runsProblem(header.chainId, block, leaves, keys) ?? authorisationsProblem(placed, block, keys);
}

function runsProblem(chainId: ChainId, block: PostedBlock, leaves: readonly Digest[], keys: BlockKeys): BlockProblem | undefined {
  let at = 0;
  for (const [index, run] of block.runs.entries()) {
    const head = headAfter(run.previousHead, leaves.slice(at, at + run.count));
    const { worker, incarnation } = run;
    const statement = { worker, level: block.level, param: block.param, incarnation, count: run.start + BigInt(run.count), head };
    if (!keys.verify(worker, headBytes(chainId, statement), run.signature)) {
      return { item: `runs[${index}].signature`, expected: "the worker's over the head after its rows" };
    }
    at += run.count;
  }
  return undefined;
}

function authorisationsProblem(placed: PlacedHeader, block: PostedBlock, keys: BlockKeys): BlockProblem | undefined {
  const { chainId, term, number } = placed.header;
  for (const [index, authorisation] of block.authorisations.entries()) {
    const { lane } = authorisation;
    const spender = keys.spenderOf(lane);
    const rows = block.rows.filter((row) => row.lane === lane);
    if (spender === undefined) return { item: `authorisations[${index}]`, expected: `a lane that exists, not ${lane}` };
    const wrong = firstWrongSignature(authorisation, { chainId, term, number }, rows, spender, keys.verify);
    if (wrong !== undefined) return { item: `authorisations[${index}]${wrong}`, expected: `lane ${lane}'s spender's signature` };
  }
  return undefined;
}

function firstWrongSignature(
  authorisation: LaneAuthorisation,
  place: { chainId: ChainId; term: bigint; number: bigint },
  rows: readonly Row[],
  spender: PublicKey,
  verify: VerifySignature,
): string | undefined {
  const { chainId, term, number } = place;
  const ids = rows.map((row) => computeJobId(chainId, row));
  if (authorisation.mode === "root") {
    const statement = spendBytes(chainId, { lane: authorisation.lane, term, number, count: rows.length, root: spendRoot(ids) });
    return verify(spender, statement, authorisation.signature) ? undefined : "";
  }
  const wrong = rows.findIndex((row, at) => {
    const [id, signature] = [ids[at], authorisation.signatures[at]];
    return id === undefined || signature === undefined || !verify(spender, signJobBytes(chainId, id, row.settleBy), signature);
  });
  return wrong === -1 ? undefined : `[${wrong}]`;
}
