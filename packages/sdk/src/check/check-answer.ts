import { computeJobId, type Item, type Manifest, type Profile, type Row, type VerifySignature } from "@lamina/codec";
import { decodeReceipt, type Receipt, signedPartProblem } from "@lamina/light-client";
import { bytesEqual, DecodeError, toHex } from "@lamina/primitives";
import type { NamedTensor } from "../tensors/client-tensor.ts";
import { exactItems, profileItems } from "../tensors/items.ts";
import { type AnswerFault, DishonestAnswerError, UncheckableAnswerError } from "./dishonest-answer-error.ts";
import type { LevelNumbers } from "./level-numbers.ts";
import { type ManifestSource, manifestOf } from "./manifest-source.ts";

/** What a client asked for, kept from before it asked. */
export interface Asked extends LevelNumbers {
  /** A name, or a model id in hex. */
  readonly model: string;
  readonly items: number;
  /** As it went into the signed job: unlike any other of this client's, so that no answer is sold twice. */
  readonly reference: Uint8Array;
  /** Undefined where the gateway made the tensors out of texts. */
  readonly inputs: readonly NamedTensor[] | undefined;
  /** Ulam. */
  readonly maxCharge: bigint | undefined;
}

/** What the gateway gave for it. */
export interface Given {
  /** Hex, as the gateway named the job; a claim. */
  readonly jobId: string;
  readonly outputs: readonly NamedTensor[];
  readonly receipt: Uint8Array;
}

export interface CheckOptions {
  /** Undefined: whatever chain the receipt names. */
  readonly chainId: string | undefined;
  /** With it, names, shapes, padding and prices are held against the manifest of the very model that ran. */
  readonly manifests: ManifestSource | undefined;
  readonly verifySignature: VerifySignature | undefined;
}

/** How far an answer was checked. The output, level, reference, job id and the worker's signature always are. */
export interface Checked {
  /** The input tensors are those that the worker committed to. False for texts: the gateway makes their tensors. */
  readonly input: boolean;
  /** Against the model's manifest: names of tensors, shapes, units and price. */
  readonly manifest: boolean;
  readonly receipt: Receipt;
  /** The items as committed to, for `encodeTensorsFile` and `verifyReceipt`; undefined where `input` is false. */
  readonly inputs: readonly Item[] | undefined;
  readonly outputs: readonly Item[];
}

interface Problem {
  readonly fault: AnswerFault;
  readonly expected: string;
  readonly found: string;
}

/**
 * Holds an answer against what was asked and against the worker's signed receipt (T75): the job is the one asked for, unchanged, and the tensors shown
 * are those signed. Throws `DishonestAnswerError` or `UncheckableAnswerError`; whose key signed is the chain's word, which a later receipt proves.
 */
export async function checkAnswer(asked: Asked, given: Given, options: CheckOptions): Promise<Checked> {
  const receipt = readReceipt(given);
  const { row } = receipt.signed;
  const problem = jobProblem(asked, given, receipt, options) ?? priceProblem(asked, row);
  if (problem !== undefined) throw new DishonestAnswerError(problem, given.jobId, given.receipt);
  const { manifests } = options;
  const manifest = manifests === undefined ? undefined : await manifestOf(manifests, row.model);
  if (manifests !== undefined && manifest === undefined)
    throw new UncheckableAnswerError(given.jobId, `none of the manifests at hand is that of model ${toHex(row.model)}, which ran`);
  const tensors = manifest === undefined ? plainItems(asked, given, row) : manifestItems(asked, given, row, manifest);
  const unproved = signedPartProblem(receipt, tensors, options.verifySignature);
  if (unproved !== undefined) throw new DishonestAnswerError({ ...faultOf(unproved), found: unproved }, given.jobId, given.receipt);
  return { input: tensors.inputs !== undefined, manifest: manifest !== undefined, receipt, inputs: tensors.inputs, outputs: tensors.outputs };
}

function readReceipt(given: Given): Receipt {
  try {
    return decodeReceipt(given.receipt);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new DishonestAnswerError({ fault: "receipt", expected: "a receipt", found: error.message }, given.jobId, given.receipt);
  }
}

function jobProblem(asked: Asked, given: Given, { chainId, signed }: Receipt, options: CheckOptions): Problem | undefined {
  const { row, private: secret } = signed;
  if (options.chainId !== undefined && options.chainId !== chainId) return { fault: "chain", expected: options.chainId, found: chainId };
  const jobId = toHex(computeJobId(chainId, row));
  if (jobId !== given.jobId) return { fault: "job", expected: given.jobId, found: jobId };
  if (row.level !== asked.level || row.param !== asked.param)
    return { fault: "level", expected: `${asked.level}:${asked.param}`, found: `${row.level}:${row.param}` };
  if (!bytesEqual(secret.reference, asked.reference))
    return { fault: "reference", expected: `this request's own, ${toHex(asked.reference)}`, found: toHex(secret.reference) };
  if (row.items !== asked.items) return { fault: "items", expected: `${asked.items}`, found: `${row.items}` };
  const isId = /^[0-9a-f]{64}$/.test(asked.model);
  return isId && toHex(row.model) !== asked.model ? { fault: "model", expected: asked.model, found: toHex(row.model) } : undefined;
}

/** Never more than the client allowed, nor than the job's own ceiling (I7). */
function priceProblem({ maxCharge }: Asked, row: Row): Problem | undefined {
  const most = maxCharge !== undefined && maxCharge < row.ceiling ? maxCharge : row.ceiling;
  if (maxCharge !== undefined && row.ceiling > maxCharge)
    return { fault: "charge", expected: `a ceiling of at most ${maxCharge} ulam`, found: `${row.ceiling}` };
  if (row.charge > most) return { fault: "charge", expected: `at most ${most} ulam`, found: `${row.charge}` };
  return row.charge === row.units * row.unitPrice
    ? undefined
    : { fault: "charge", expected: `${row.units * row.unitPrice} ulam`, found: `${row.charge}` };
}

interface Tensors {
  readonly inputs?: readonly Item[];
  readonly outputs: readonly Item[];
}

/** Without the manifest: tensors as they are, which leaves no doubt where there is one input and nothing is padded. */
function plainItems(asked: Asked, given: Given, row: Row): Tensors {
  const outputs = exactItems(given.outputs);
  if (asked.inputs === undefined) return { outputs };
  if (asked.inputs.length > 1)
    throw new UncheckableAnswerError(
      given.jobId,
      `which of ${asked.inputs.length} inputs is the model's first: give its manifest (${toHex(row.model)})`,
    );
  return { inputs: exactItems(asked.inputs), outputs };
}

function manifestItems(asked: Asked, given: Given, row: Row, manifest: Manifest): Tensors {
  const refuse = (problem: Problem) => new DishonestAnswerError(problem, given.jobId, given.receipt);
  const isId = /^[0-9a-f]{64}$/.test(asked.model);
  if (!isId && manifest.name !== asked.model) throw refuse({ fault: "model", expected: asked.model, found: manifest.name });
  const profile = manifest.profiles.find(({ id }) => id === row.profile);
  if (profile === undefined)
    throw refuse({ fault: "model", expected: `one of ${manifest.profiles.length} profiles`, found: `profile ${row.profile}` });
  const units = BigInt(row.items) * profile.unitsPerItem;
  if (row.units !== units) throw refuse({ fault: "units", expected: `${units}`, found: `${row.units}` });
  const problem = outputProblem(manifest, profile, given.outputs, row.items);
  if (problem !== undefined) throw refuse({ fault: "output", ...problem });
  const outputs = exactItems(given.outputs);
  if (asked.inputs === undefined) return { outputs };
  const made = profileItems(manifest, profile, asked.inputs);
  if ("problem" in made) throw refuse({ fault: "input", expected: "the inputs as they were sent", found: made.problem });
  return { inputs: made.items, outputs };
}

/** Outputs are all of the model's, in its order, with the profile's shapes. */
function outputProblem(manifest: Manifest, profile: Profile, outputs: readonly NamedTensor[], items: number): Omit<Problem, "fault"> | undefined {
  const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name).join(", ");
  if (names(outputs) !== names(manifest.outputs)) return { expected: names(manifest.outputs), found: names(outputs) };
  for (const [index, { name, type, shape }] of outputs.entries()) {
    const expected = [items, ...(profile.outputs[index] ?? []).slice(1)].join(", ");
    if (type !== manifest.outputs[index]?.type) return { expected: `${name} of element type ${manifest.outputs[index]?.type}`, found: `${type}` };
    if (shape.join(", ") !== expected) return { expected: `${name} of shape [${expected}]`, found: `[${shape.join(", ")}]` };
  }
  return undefined;
}

/** The light client tells a problem in words; which part of the answer it is about stands in them. */
function faultOf(problem: string): { fault: AnswerFault; expected: string } {
  if (problem.startsWith("the input")) return { fault: "input", expected: "the input that was sent" };
  if (problem.startsWith("the output")) return { fault: "output", expected: "the answer that was signed" };
  return problem.startsWith("the worker")
    ? { fault: "signature", expected: "the worker's signature" }
    : { fault: "receipt", expected: "a receipt that holds" };
}
