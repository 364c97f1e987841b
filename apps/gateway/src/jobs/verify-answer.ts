import {
  decodeRow,
  encodeJob,
  encodeRow,
  headAfter,
  headBytes,
  type Item,
  itemsCommitment,
  type Manifest,
  type Profile,
  type Row,
  tensorProblem,
  type VerifySignature,
} from "@lamina/codec";
import { hashLeaf } from "@lamina/merkle";
import { bytesEqual, type ChainId, DecodeError, type Digest, digest } from "@lamina/primitives";
import type { bus } from "@lamina/protocol";
import type { PreparedJob } from "./prepared-job.ts";
import { readItems } from "./work-message.ts";

const FOLLOWING_MAX = 65_535;

/** A worker's answer, found to be what it must be. */
export interface VerifiedAnswer {
  readonly row: Row;
  /** The row's place in its log and in its block's tree. */
  readonly leafHash: Digest;
  readonly head: { readonly previousHead: Digest; readonly following: readonly Digest[]; readonly signature: Uint8Array };
  readonly outputs: readonly Item[];
}

export type AnswerVerdict = { readonly kind: "valid"; readonly answer: VerifiedAnswer } | { readonly kind: "invalid"; readonly problem: string };

export interface AnswerContext {
  readonly chainId: ChainId;
  readonly manifest: Pick<Manifest, "outputs">;
  readonly profile: Profile;
  readonly verify: VerifySignature;
}

/**
 * Checks an answer completely before anybody sees it: the row is this job's, its units and charge follow from the job, the outputs are those that it
 * commits to and have the profile's shapes, and the worker's signed head holds it (T27, T75). Never throws for what a worker sent.
 */
export function verifyAnswer(prepared: PreparedJob, answer: bus.WorkAnswer, context: AnswerContext): AnswerVerdict {
  let row: Row;
  try {
    row = decodeRow(answer.row);
  } catch (error) {
    if (error instanceof DecodeError) return invalid(`the row does not decode: ${error.message}`);
    throw error;
  }
  const outputs = readItems(answer.outputs);
  const problem = rowProblem(prepared, row, context) ?? outputProblem(prepared, row, outputs, context);
  if (problem !== undefined || outputs === undefined) return invalid(problem ?? "an output has no element type");
  const leafHash = hashLeaf(answer.row);
  const headProblem = problemOfHead(row, leafHash, answer, context);
  if (headProblem !== undefined) return invalid(headProblem);
  const head = {
    previousHead: digest(answer.previousHead),
    following: answer.following.map(digest),
    signature: answer.head?.signature ?? new Uint8Array(),
  };
  return { kind: "valid", answer: { row, leafHash, head, outputs } };
}

function rowProblem(prepared: PreparedJob, row: Row, { profile }: AnswerContext): string | undefined {
  if (!bytesEqual(encodeJob(row), prepared.jobBytes)) return "the row is not of the job that was asked";
  const units = BigInt(row.items) * profile.unitsPerItem;
  if (row.units !== units) return `expected ${units} units, found ${row.units}`;
  const charge = units * row.unitPrice;
  if (row.charge !== charge) return `expected a charge of ${charge}, found ${row.charge}`;
  return row.charge > row.ceiling ? `the charge ${row.charge} is over the ceiling ${row.ceiling}` : undefined;
}

function outputProblem(prepared: PreparedJob, row: Row, outputs: readonly Item[] | undefined, context: AnswerContext): string | undefined {
  if (outputs === undefined) return "an output has no element type";
  if (outputs.length !== row.items) return `expected ${row.items} items, found ${outputs.length}`;
  for (const item of outputs) {
    const problem = shapeProblem(item, context);
    if (problem !== undefined) return problem;
  }
  const commitment = itemsCommitment(outputs, "output", prepared.private.salt);
  return bytesEqual(commitment, row.output) ? undefined : "the outputs are not those that the row commits to";
}

function shapeProblem(item: Item, { manifest, profile }: AnswerContext): string | undefined {
  if (item.length !== manifest.outputs.length) return `expected ${manifest.outputs.length} output tensors, found ${item.length}`;
  for (const [index, { name, type }] of manifest.outputs.entries()) {
    const tensor = item[index];
    const dims = profile.outputs[index] ?? [];
    if (tensor === undefined || tensor.type !== type) return `output ${name}: expected element type ${type}, found ${tensor?.type}`;
    if (tensor.dims.length !== dims.length || tensor.dims.some((dim, axis) => dim !== dims[axis]))
      return `output ${name}: expected shape [${dims.join(", ")}], found [${tensor.dims.join(", ")}]`;
    const problem = tensorProblem(tensor);
    if (problem !== undefined) return `output ${name}: expected ${problem.expected}, found ${problem.found}`;
  }
  return undefined;
}

function problemOfHead(row: Row, leafHash: Digest, answer: bus.WorkAnswer, { chainId, verify }: AnswerContext): string | undefined {
  const { head: statement, previousHead, following } = answer;
  if (statement === undefined) return "the answer has no signed head";
  if (previousHead.length !== 32 || following.length > FOLLOWING_MAX || following.some((each) => each.length !== 32))
    return "the head's chain is malformed";
  const isOfLog =
    bytesEqual(statement.worker, row.worker) &&
    statement.level === row.level &&
    statement.param === row.param &&
    statement.incarnation === row.incarnation;
  if (!isOfLog) return "the signed head is of another log than the row";
  const count = row.index + 1n + BigInt(following.length);
  if (statement.count !== count) return `expected a head over ${count} rows, found ${statement.count}`;
  const head = headAfter(digest(previousHead), [leafHash, ...following]);
  if (!bytesEqual(head, statement.head)) return "the rows do not lead to the signed head";
  const message = headBytes(chainId, { worker: row.worker, level: row.level, param: row.param, incarnation: row.incarnation, count, head });
  return verify(row.worker, message, statement.signature) ? undefined : "the worker's signature does not verify";
}

function invalid(problem: string): AnswerVerdict {
  return { kind: "invalid", problem };
}

/** The leaf hash of a row that was stored. */
export function leafHashOf(row: Row): Digest {
  return hashLeaf(encodeRow(row));
}
