import { levelNumbers } from "../check/level-numbers.ts";
import type { TensorInput } from "../tensors/client-tensor.ts";
import { itemCountOf, namedTensor } from "../tensors/named-tensor.ts";
import { type Answer, tensorOutput } from "./answer.ts";
import { bounds, type ClientContext, checkUnlessOff, keyed, LEVEL_DEFAULT, type RunOptions, runHeaders } from "./client-context.ts";
import { MalformedAnswerError } from "./client-error.ts";
import { readInferResponse, writeInferRequest } from "./infer-message.ts";
import type { Receipts } from "./receipts.ts";
import { referenceOf } from "./reference.ts";

export interface InferOptions extends RunOptions {
  /** The newest where not given. */
  readonly version?: string;
}

/** Runs a model on tensors by the Open Inference Protocol and checks the answer by its receipt, which is one more request. Throws as `checkAnswer`. */
export async function infer(
  context: ClientContext & { readonly receipts: Receipts },
  model: string,
  inputs: readonly TensorInput[],
  options: InferOptions,
): Promise<Answer> {
  const tensors = inputs.map(namedTensor);
  const level = options.level ?? LEVEL_DEFAULT;
  const reference = referenceOf(context.env, options.reference, "header");
  const asked = { model, ...levelNumbers(level), items: itemCountOf(tensors), reference: reference.bytes, inputs: tensors, maxCharge: undefined };
  const { body, headers } = writeInferRequest(tensors);
  const version = options.version === undefined ? "" : `/versions/${encodeURIComponent(options.version)}`;
  const answer = await context.connection.send({
    method: "POST",
    path: `/v2/models/${encodeURIComponent(model)}${version}/infer`,
    family: "open-inference",
    body,
    headers: { ...headers, ...runHeaders(level, reference.text) },
    ...bounds(options),
    ...keyed(options.idempotencyKey),
  });
  const jobId = answer.header("lamina-job-id");
  if (jobId === undefined) throw new MalformedAnswerError("lamina-job-id", "a job id", "nothing");
  const outputs = readInferResponse(answer);
  const { bytes: receipt } = options.check === false ? { bytes: new Uint8Array() } : await context.receipts.get(jobId, bounds(options));
  const checked = await checkUnlessOff(context, options, asked, { jobId, outputs, receipt });
  return { jobId, outputs: outputs.map(tensorOutput), receipt, checked };
}
