import type { JobView } from "@lamina/api";
import { LEVELS } from "@lamina/api";
import type { Row } from "@lamina/codec";
import { decodeReceipt } from "@lamina/light-client";
import { type Env, fromHex, isHex, toBase64, toHex } from "@lamina/primitives";
import { GatewayError } from "../gateway-error.ts";
import type { ArchivedJob, JobArchive } from "../jobs/job-archive.ts";
import type { JobResult } from "../jobs/job-runner.ts";
import type { ModelCatalogue } from "../models/model-catalogue.ts";
import type { OfferedModel } from "../models/offered-model.ts";
import { outputTensors, toJsonTensor } from "../tensors/response-tensors.ts";
import type { DurableRequests } from "./durable-requests.ts";
import type { RequestStore, StoredRequest } from "./request-store.ts";

const REQUEST_ID = /^req_[0-9a-f]{32}$/;

export interface JobViewsDependencies {
  readonly env: Pick<Env, "clock">;
  readonly archive: JobArchive;
  readonly requests: RequestStore;
  readonly durable: DurableRequests;
  readonly catalogue: ModelCatalogue;
}

/** What `/lamina/v1/jobs` shows of jobs and requests, to their own organisation alone. */
export class JobViews {
  readonly #dependencies: JobViewsDependencies;

  constructor(dependencies: JobViewsDependencies) {
    this.#dependencies = dependencies;
  }

  /** By job id in hex or request id. Throws `GatewayError` (`not_found`): also for another organisation's (T1). */
  async find(organisationId: string, id: string): Promise<JobView> {
    if (REQUEST_ID.test(id)) return this.ofRequest(organisationId, id);
    if (!isHex(id, 32)) throw notFound();
    const jobId = fromHex(id);
    const { archive, requests } = this.#dependencies;
    const [job, request] = await Promise.all([archive.find(organisationId, jobId), requests.byJobId(organisationId, jobId)]);
    if (request !== undefined) return this.#viewOfRequest(request);
    if (job === undefined) throw notFound();
    return viewOfJob(id, job);
  }

  async ofRequest(organisationId: string, id: string): Promise<JobView> {
    const request = await this.#dependencies.requests.byId(organisationId, id);
    if (request === undefined) throw notFound();
    return this.#viewOfRequest(request);
  }

  /** Of a request that was answered just now. */
  ofResult(model: OfferedModel, result: JobResult): JobView {
    const now = this.#dependencies.env.clock.nowMs();
    return answeredView(result.jobIdHex, model, result, now, now);
  }

  async #viewOfRequest(request: StoredRequest): Promise<JobView> {
    const { durable, catalogue } = this.#dependencies;
    const outcome = await durable.resultOf(request);
    if (outcome?.kind === "answer") {
      const model = await catalogue.find(toHex(request.modelId));
      return answeredView(request.id, model, outcome.result, request.createdAtMs, request.answeredAtMs ?? request.createdAtMs);
    }
    const failure = outcome?.error;
    return {
      id: request.id,
      state: request.state,
      job_id: request.jobId === undefined ? null : toHex(request.jobId),
      model: request.model,
      model_id: toHex(request.modelId),
      level: null,
      worker: null,
      units: null,
      charge: null,
      ...(failure === undefined ? {} : { error: { code: failure.code, message: failure.message, retryable: failure.retryable } }),
      created_at: isoTime(request.createdAtMs),
      answered_at: request.answeredAtMs === undefined ? null : isoTime(request.answeredAtMs),
    };
  }
}

function answeredView(id: string, model: OfferedModel, result: JobResult, createdAtMs: number, answeredAtMs: number): JobView {
  return {
    id,
    state: "answered",
    job_id: result.jobIdHex,
    model: model.name,
    ...rowView(result.row),
    outputs: outputTensors(model.manifest, result.outputs).map(toJsonTensor),
    receipt: toBase64(result.receipt),
    created_at: isoTime(createdAtMs),
    answered_at: isoTime(answeredAtMs),
  };
}

/** A job whose outputs were not kept. */
function viewOfJob(id: string, job: ArchivedJob): JobView {
  if (job.receipt === undefined) {
    const unknown = { level: null, worker: null, units: null, charge: null };
    return { id, state: "failed", job_id: id, model: job.model, model_id: null, ...unknown, created_at: isoTime(job.createdAtMs), answered_at: null };
  }
  const { row } = decodeReceipt(job.receipt).signed;
  const at = isoTime(job.createdAtMs);
  return { id, state: "answered", job_id: id, model: job.model, ...rowView(row), receipt: toBase64(job.receipt), created_at: at, answered_at: at };
}

function rowView(row: Row) {
  const level = Object.entries(LEVELS).find(([, number]) => number === row.level)?.[0] ?? String(row.level);
  return { model_id: toHex(row.model), level, worker: toHex(row.worker), units: String(row.units), charge: String(row.charge) };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

function notFound(): GatewayError {
  return new GatewayError("not_found", "no such job");
}
