import { elementTypeOf } from "@lamina/api/datatype";
import { computeModelId, type Item, type Manifest, type Row } from "@lamina/codec";
import { concatBytes, encodeUtf8, toBase64, toHex } from "@lamina/primitives";
import type { NamedTensor } from "../tensors/client-tensor.ts";
import { bytesToElements, elementsToBytes } from "../tensors/elements.ts";
import { exactItems, profileItems } from "../tensors/items.ts";
import { manifestBytes, paddedManifest, plainManifest } from "./models.ts";
import { type JobPlan, type SignedJob, signJob } from "./signed-job.ts";

/** What this gateway or its worker does to a request or an answer; nothing where it is honest. */
export interface Spoiling {
  readonly plan?: (plan: JobPlan) => JobPlan;
  readonly row?: (plan: JobPlan) => Partial<Row>;
  readonly receipt?: (bytes: Uint8Array) => Uint8Array;
  readonly outputs?: (items: readonly Item[]) => readonly Item[];
  readonly jobId?: (jobId: string) => string;
  /** Sells this job again, whatever was asked. */
  readonly resold?: SignedJob;
}

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

type Answering = (request: SeenRequest) => Response | Promise<Response> | undefined;

/** The gateway's routes over one `fetch`, with jobs that are really made and signed. `before` answers first where a test wants failures. */
export class FakeGateway {
  readonly seen: SeenRequest[] = [];
  readonly jobs = new Map<string, SignedJob>();
  spoiling: Spoiling = {};
  before: Answering = () => undefined;
  /** Views of an asynchronous job before the last one. */
  unanswered: object[] = [];

  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    const seen = {
      method: request.method,
      path: `${url.pathname}${url.search}`,
      headers: request.headers,
      body: new Uint8Array(await request.arrayBuffer()),
    };
    this.seen.push(seen);
    return (await this.before(seen)) ?? this.#answer(seen);
  };

  #answer({ method, path, headers, body }: SeenRequest): Response {
    if (path.startsWith("/lamina/v1/receipts/")) return this.#receipt(path);
    if (path.startsWith("/lamina/v1/manifests/")) return this.#manifest(path);
    if (method === "POST" && path === "/lamina/v1/jobs") return this.#createJob(body);
    if (path.startsWith("/lamina/v1/jobs/")) return this.#getJob(path);
    if (path.endsWith("/infer")) return this.#infer(path, headers, body);
    if (path === "/v1/embeddings") return this.#embeddings(headers, body);
    return json(404, { error: { code: "not_found", message: "no such route", retryable: false } });
  }

  #run(
    model: string,
    reference: string,
    tensors: readonly NamedTensor[],
  ): { signed: SignedJob; outputs: readonly Item[]; jobId: string; receipt: Uint8Array } {
    const plan = planOf(model, encodeUtf8(reference), tensors);
    const spoilt = this.spoiling.plan?.(plan) ?? plan;
    const signed = this.spoiling.resold ?? signJob(spoilt, this.jobs.size, this.spoiling.row?.(spoilt) ?? {});
    const receipt = this.spoiling.receipt?.(signed.receipt) ?? signed.receipt;
    const jobId = this.spoiling.jobId?.(signed.jobId) ?? signed.jobId;
    this.jobs.set(jobId, { ...signed, receipt });
    return { signed, receipt, jobId, outputs: this.spoiling.outputs?.(signed.outputs) ?? signed.outputs };
  }

  #createJob(bytes: Uint8Array): Response {
    const body = JSON.parse(new TextDecoder().decode(bytes));
    const inputs = body.inputs?.map(tensorOfRequest) ?? textTensor([body.text].flat().length);
    const { jobId, outputs, receipt } = this.#run(body.model, body.reference, inputs);
    const cells = outputsOf(body.model, outputs).map(
      ({ name, datatype, shape, type, bytes: data }) =>
        `{"name":"${name}","datatype":"${datatype}","shape":[${shape}],"data":[${bytesToElements(name, type, data).map(cellText)}]}`,
    );
    const view = `{"id":"${body.mode === "async" ? `req_${jobId}` : jobId}","job_id":"${jobId}","state":"answered","outputs":[${cells}],"receipt":"${toBase64(receipt)}"}`;
    this.#views.set(`req_${jobId}`, view);
    return body.mode === "async" ? json(202, { id: `req_${jobId}`, state: "accepted" }) : text(200, view);
  }

  readonly #views = new Map<string, string>();

  #getJob(path: string): Response {
    const id = path.split("/").at(-1) ?? "";
    const waiting = this.unanswered.shift();
    return waiting === undefined ? text(200, this.#views.get(id) ?? "") : json(200, { id, ...waiting });
  }

  #infer(path: string, headers: Headers, bytes: Uint8Array): Response {
    const length = Number(headers.get("inference-header-content-length"));
    const body = JSON.parse(new TextDecoder().decode(bytes.subarray(0, length)));
    let offset = length;
    const tensors = body.inputs.map((input: { name: string; datatype: string; shape: number[]; parameters: { binary_data_size: number } }) => {
      const size = input.parameters.binary_data_size;
      const data = bytes.slice(offset, offset + size);
      offset += size;
      return { ...input, type: elementTypeOf(input.datatype), bytes: data };
    });
    const model = path.split("/")[3] ?? "";
    const { jobId, outputs } = this.#run(model, headers.get("lamina-reference") ?? "", tensors);
    const named = outputsOf(model, outputs);
    const head = encodeUtf8(
      JSON.stringify({
        outputs: named.map(({ name, datatype, shape, bytes: data }) => ({ name, datatype, shape, parameters: { binary_data_size: data.length } })),
      }),
    );
    const answer = concatBytes(head, ...named.map(({ bytes: data }) => data));
    return new Response(answer as Uint8Array<ArrayBuffer>, {
      headers: { "lamina-job-id": jobId, "inference-header-content-length": String(head.length) },
    });
  }

  #embeddings(headers: Headers, bytes: Uint8Array): Response {
    const { model, input } = JSON.parse(new TextDecoder().decode(bytes));
    const count = typeof input === "string" || typeof input[0] === "number" ? 1 : input.length;
    const { jobId, outputs } = this.#run(model, headers.get("lamina-reference") ?? "", textTensor(count));
    const data = outputs.map((item, index) => ({ object: "embedding", index, embedding: toBase64(item[0]?.data ?? new Uint8Array()) }));
    return json(200, { object: "list", model, data, usage: { prompt_tokens: 3 * count, total_tokens: 3 * count } }, { "lamina-job-id": jobId });
  }

  #manifest(path: string): Response {
    const id = path.split("/").at(-1);
    const found = manifestBytes.find((bytes) => toHex(computeModelId(bytes)) === id);
    if (found === undefined) return json(404, { error: { code: "model_not_found", message: "no such model", retryable: false } });
    return new Response(found as Uint8Array<ArrayBuffer>);
  }

  #receipt(path: string): Response {
    const id = path.split("/").at(-1)?.split("?")[0] ?? "";
    const found = this.jobs.get(id);
    if (found === undefined) return json(404, { error: { code: "not_found", message: "no such receipt", retryable: false } });
    return new Response(found.receipt as Uint8Array<ArrayBuffer>, { headers: { "lamina-receipt-stage": "signed", "lamina-job-id": id } });
  }
}

export function json(status: number, value: object, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(value), { status, headers });
}

function text(status: number, body: string): Response {
  return new Response(body, { status });
}

function cellText(value: number | bigint): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

function manifestNamed(model: string): Manifest {
  return model === "padded" ? paddedManifest : plainManifest;
}

function planOf(model: string, reference: Uint8Array, tensors: readonly NamedTensor[]): JobPlan {
  const manifest = manifestNamed(model);
  for (const profile of manifest.profiles) {
    const made = profileItems(manifest, profile, tensors);
    if ("items" in made) return { manifest, profile: profile.id, items: made.items, reference };
  }
  return { manifest, profile: 1, items: exactItems(tensors), reference };
}

function outputsOf(model: string, items: readonly Item[]): NamedTensor[] {
  return manifestNamed(model).outputs.map(({ name, type }, index) => ({
    name,
    type,
    datatype: "FP32",
    shape: [items.length, ...(items[0]?.[index]?.dims.slice(1) ?? [])],
    bytes: concatBytes(...items.map((item) => item[index]?.data ?? new Uint8Array())),
  }));
}

function tensorOfRequest({ name, datatype, shape, data }: { name: string; datatype: string; shape: number[]; data: number[] }): NamedTensor {
  const type = elementTypeOf(datatype) ?? 1;
  return { name, datatype, shape, type, bytes: elementsToBytes(name, type, data) };
}

/** What stands for the tokens of `count` texts. */
function textTensor(count: number): NamedTensor[] {
  const tensor = (name: string) => ({ name, datatype: "INT64", shape: [count, 3], type: 7 as const, bytes: new Uint8Array(24 * count).fill(1) });
  return [tensor("ids"), tensor("mask")];
}
