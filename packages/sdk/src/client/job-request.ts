import type { Env } from "@lamina/primitives";
import type { Asked } from "../check/check-answer.ts";
import { levelNumbers } from "../check/level-numbers.ts";
import type { TensorInput } from "../tensors/client-tensor.ts";
import { tensorToJson } from "../tensors/json-tensor.ts";
import { itemCountOf, namedTensor } from "../tensors/named-tensor.ts";
import { LEVEL_DEFAULT } from "./client-context.ts";
import { InvalidRequestError } from "./client-error.ts";
import { referenceOf } from "./reference.ts";

/** What a native job runs: tensors, or texts for models with a tokenizer. */
export interface JobWork {
  /** A name, or a model id in hex. */
  readonly model: string;
  readonly version?: string;
  readonly inputs?: readonly TensorInput[];
  readonly text?: string | readonly string[];
  /** Most that it may cost, ulam; checked again in the signed job (I7). */
  readonly maxCharge?: bigint;
}

export interface PreparedRequest {
  readonly body: string;
  readonly asked: Asked;
}

interface JobTerms {
  readonly level?: string;
  readonly reference?: string;
  readonly deadlineMs?: number;
}

/** The body of `POST /lamina/v1/jobs`, and what its answer must match. Throws `InvalidRequestError`. */
export function prepareJob(env: Pick<Env, "random">, work: JobWork, terms: JobTerms, mode: "sync" | "async"): PreparedRequest {
  if ((work.inputs === undefined) === (work.text === undefined))
    throw new InvalidRequestError("inputs", "either inputs or text", work.text === undefined ? "neither" : "both");
  const tensors = work.inputs?.map(namedTensor);
  const level = terms.level ?? LEVEL_DEFAULT;
  const reference = referenceOf(env, terms.reference, "body");
  const rest = JSON.stringify({
    model: work.model,
    ...(work.version === undefined ? {} : { version: work.version }),
    ...(work.text === undefined ? {} : { text: work.text }),
    ...(work.maxCharge === undefined ? {} : { max_charge: String(work.maxCharge) }),
    ...(terms.deadlineMs === undefined ? {} : { timeout_ms: terms.deadlineMs }),
    level,
    mode,
    reference: reference.text,
  });
  const body = tensors === undefined ? rest : `${rest.slice(0, -1)},"inputs":[${tensors.map(tensorToJson).join(",")}]}`;
  const items = tensors === undefined ? textCount(work.text) : itemCountOf(tensors);
  return {
    body,
    asked: { model: work.model, ...levelNumbers(level), items, reference: reference.bytes, inputs: tensors, maxCharge: work.maxCharge },
  };
}

function textCount(text: JobWork["text"]): number {
  const count = typeof text === "string" ? 1 : (text?.length ?? 0);
  if (count === 0) throw new InvalidRequestError("text", "at least one text", "none");
  return count;
}
