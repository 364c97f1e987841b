import { ElementType } from "@lamina/codec";
import { concatBytes } from "@lamina/primitives";
import type { Checked } from "../check/check-answer.ts";
import { levelNumbers } from "../check/level-numbers.ts";
import type { NamedTensor } from "../tensors/client-tensor.ts";
import { bytesToElements } from "../tensors/elements.ts";
import { bounds, type ClientContext, checkUnlessOff, keyed, LEVEL_DEFAULT, type RunOptions, runHeaders } from "./client-context.ts";
import { InvalidRequestError, MalformedAnswerError } from "./client-error.ts";
import { type JsonValue, readJson } from "./json-value.ts";
import type { Receipts } from "./receipts.ts";
import { referenceOf } from "./reference.ts";

/** One text or several; or the token ids of one or several, without end markers. */
export type EmbeddingInput = string | readonly string[] | readonly number[] | readonly (readonly number[])[];

export interface EmbeddingOptions extends RunOptions {
  /** Name of the model's output, which the OpenAI protocol does not tell: needed only with manifests, where it is not `embedding`. */
  readonly output?: string;
}

export interface Embeddings {
  readonly jobId: string;
  /** One vector for each input, in order. */
  readonly vectors: readonly Float32Array[];
  readonly model: string;
  readonly tokens: number;
  readonly receipt: Uint8Array;
  /** Its `input` is false: the gateway makes the tokens. */
  readonly checked: Checked | undefined;
}

const OUTPUT_DEFAULT = "embedding";

/** Embeddings by the OpenAI protocol, checked against the receipt, which is one more request. Throws as `checkAnswer`. */
export async function createEmbeddings(
  context: ClientContext & { readonly receipts: Receipts },
  model: string,
  input: EmbeddingInput,
  options: EmbeddingOptions,
): Promise<Embeddings> {
  const level = options.level ?? LEVEL_DEFAULT;
  const reference = referenceOf(context.env, options.reference, "header");
  const items = countOf(input);
  const answer = await context.connection.send({
    method: "POST",
    path: "/v1/embeddings",
    family: "openai",
    // Base64 holds the very bytes that are committed to.
    body: JSON.stringify({ model, input, encoding_format: "base64" }),
    headers: runHeaders(level, reference.text),
    ...bounds(options),
    ...keyed(options.idempotencyKey),
  });
  const jobId = answer.header("lamina-job-id");
  if (jobId === undefined) throw new MalformedAnswerError("lamina-job-id", "a job id", "nothing");
  const body = readJson(answer.body);
  const vectors = vectorsOf(body, items);
  const { bytes: receipt } = options.check === false ? { bytes: new Uint8Array() } : await context.receipts.get(jobId, bounds(options));
  const asked = { model, ...levelNumbers(level), items, reference: reference.bytes, inputs: undefined, maxCharge: undefined };
  const outputs = [tensorOf(options.output ?? OUTPUT_DEFAULT, vectors)];
  const checked = await checkUnlessOff(context, options, asked, { jobId, outputs, receipt });
  const tokens = body.get("usage").get("total_tokens").count();
  return { jobId, vectors: vectors.map(floatsOf), model: body.get("model").text(), tokens, receipt, checked };
}

function countOf(input: EmbeddingInput): number {
  if (typeof input === "string") return 1;
  if (input.length === 0) throw new InvalidRequestError("input", "at least one text", "none");
  return typeof input[0] === "number" ? 1 : input.length;
}

/** The bytes of the vectors, in the order of the inputs and of one length. */
function vectorsOf(body: JsonValue, items: number): Uint8Array[] {
  const data = body.get("data").list();
  if (data.length !== items) throw new MalformedAnswerError("data", `${items} embeddings`, `${data.length}`);
  const vectors = data.map((each, at) => {
    const index = each.get("index").count();
    if (index !== at) throw new MalformedAnswerError(`data[${at}].index`, `${at}`, `${index}`);
    return each.get("embedding").base64();
  });
  const size = vectors[0]?.length ?? 0;
  const odd = vectors.find(({ length }) => length !== size || length === 0 || length % 4 !== 0);
  if (odd !== undefined) throw new MalformedAnswerError("data", "vectors of one length in float32", `${odd.length} bytes`);
  return vectors;
}

function tensorOf(name: string, vectors: readonly Uint8Array[]): NamedTensor {
  const size = (vectors[0]?.length ?? 0) / 4;
  return { name, datatype: "FP32", type: ElementType.float32, shape: [vectors.length, size], bytes: concatBytes(...vectors) };
}

function floatsOf(bytes: Uint8Array): Float32Array {
  return Float32Array.from(bytesToElements(OUTPUT_DEFAULT, ElementType.float32, bytes) as number[]);
}
