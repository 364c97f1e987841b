import { strictVerifier } from "@lamina/codec";
import type { Checkpoint, ReceiptVerdict } from "@lamina/light-client";
import { timestampFromMs, verifyReceipt } from "@lamina/light-client";
import type { BuiltModel } from "@lamina/models";
import type { Env } from "@lamina/primitives";
import { nodeEd25519Verify } from "@lamina/primitives/node";
import { CliError } from "../../cli-error.ts";
import { isRecord } from "../../state/json-file.ts";
import { ask, askJson } from "./http-json.ts";
import type { SampleRequest } from "./sample-requests.ts";
import { SAMPLE_REQUESTS } from "./sample-requests.ts";

const MODEL_READY_MS = 60_000;
/** Several windows of the devnet. */
const FINAL_WITHIN_MS = 90_000;
const INDEXED_WITHIN_MS = 60_000;
const POLL_MS = 250;

type JobsEnv = Pick<Env, "fetch" | "timers" | "clock">;

export interface FirstJobsOptions {
  readonly gatewayUrl: string;
  readonly indexUrl: string;
  readonly apiKey: string;
  readonly checkpoint: Checkpoint;
  readonly models: readonly BuiltModel[];
  readonly signal: AbortSignal;
}

/** What became of one real job. */
export interface FirstJob {
  readonly model: string;
  readonly answer: string;
  readonly jobId: string;
  readonly latencyMs: number;
  readonly secondsToFinal: number | undefined;
  readonly verdict: ReceiptVerdict;
  /** As the index has it; undefined where it does not come. */
  readonly settled: SettledJob | undefined;
}

export interface SettledJob {
  readonly worker: string;
  readonly block: string;
  readonly height: string;
  /** Of the batch that held the row, divided by its rows. */
  readonly chainBytesPerRow: number;
  readonly gasPerRow: number;
}

interface SentJob {
  readonly request: SampleRequest;
  readonly answer: string;
  readonly jobId: string;
  readonly latencyMs: number;
  readonly answeredAtMs: number;
}

/** Sends one request to each model, waits until all are final, and verifies each receipt against the checkpoint alone. */
export async function runFirstJobs(env: JobsEnv, options: FirstJobsOptions): Promise<FirstJob[]> {
  const sent: SentJob[] = [];
  for (const request of SAMPLE_REQUESTS) {
    await untilServed(env, options, request.model);
    sent.push(await send(env, options, request));
  }
  return Promise.all(sent.map((job) => settle(env, options, job)));
}

async function untilServed(env: JobsEnv, { gatewayUrl, apiKey, signal }: FirstJobsOptions, model: string): Promise<void> {
  const request = { method: "GET", url: `${gatewayUrl}/v2/models/${model}/ready`, bearer: apiKey } as const;
  const isServed = await poll(env, MODEL_READY_MS, signal, async () => ((await ask(env, request)).status === 200 ? true : undefined));
  if (isServed) return;
  throw new CliError("PROCESS_FAILED", `no worker served ${model} within ${MODEL_READY_MS / 1000} s`, "See ./lamina logs worker-1.");
}

async function send(env: JobsEnv, { gatewayUrl, apiKey, models }: FirstJobsOptions, request: SampleRequest): Promise<SentJob> {
  const labels = models.find(({ name }) => name === request.model)?.manifest.labels ?? [];
  const startedAt = env.clock.monotonicMs();
  const { json, answer } = await askJson(env, { method: "POST", url: `${gatewayUrl}${request.path}`, bearer: apiKey, body: request.body });
  const answeredAtMs = env.clock.monotonicMs();
  const jobId = answer.header("lamina-job-id");
  if (jobId === undefined) throw new CliError("PROCESS_FAILED", `the answer of ${request.model} names no job`, "See ./lamina logs gateway.");
  return { request, answer: request.show(json, labels), jobId, latencyMs: answeredAtMs - startedAt, answeredAtMs };
}

async function settle(env: JobsEnv, options: FirstJobsOptions, job: SentJob): Promise<FirstJob> {
  const { bytes, isFinal } = await receiptOf(env, options, job);
  const secondsToFinal = isFinal ? (env.clock.monotonicMs() - job.answeredAtMs) / 1000 : undefined;
  const reader = { checkpoint: options.checkpoint, now: timestampFromMs(env.clock.nowMs()), verifySignature: strictVerifier(nodeEd25519Verify) };
  const settled = isFinal ? await findSettled(env, options, job.jobId) : undefined;
  const { request, answer, jobId, latencyMs } = job;
  return { model: request.model, answer, jobId, latencyMs, secondsToFinal, verdict: verifyReceipt(bytes, reader), settled };
}

/** The receipt once it is final, or the last one seen when the time for that is up. */
async function receiptOf(
  env: JobsEnv,
  { gatewayUrl, apiKey, signal }: FirstJobsOptions,
  job: SentJob,
): Promise<{ bytes: Uint8Array; isFinal: boolean }> {
  const request = { method: "GET", url: `${gatewayUrl}/lamina/v1/receipts/${job.jobId}`, bearer: apiKey } as const;
  let seen = new Uint8Array();
  const final = await poll(env, FINAL_WITHIN_MS, signal, async () => {
    const { status, bytes, header } = await ask(env, request);
    if (status === 200) seen = new Uint8Array(bytes);
    return status === 200 && header("lamina-receipt-stage") === "final" ? bytes : undefined;
  });
  return { bytes: final ?? seen, isFinal: final !== undefined };
}

function findSettled(env: JobsEnv, { indexUrl, signal }: FirstJobsOptions, jobId: string): Promise<SettledJob | undefined> {
  const one = async (path: string): Promise<Record<string, unknown> | undefined> => {
    const { json } = await askJson(env, { method: "GET", url: `${indexUrl}/index/v1/${path}` });
    const items: unknown = json["items"];
    return Array.isArray(items) && isRecord(items[0]) ? items[0] : undefined;
  };
  return poll(env, INDEXED_WITHIN_MS, signal, async () => {
    const result = await one(`results?job_id=${jobId}`);
    const block = result === undefined ? undefined : await one(`blocks?term=${String(result["term"])}&number=${String(result["number"])}`);
    const batch = block === undefined ? undefined : await one(`batches?batch_id=${String(block["batch_id"])}`);
    return result === undefined || batch === undefined ? undefined : settledOf(result, batch);
  });
}

/** Looks until there is something, or the time is up. A service that does not answer may just be starting again: that is not yet, no failure. */
async function poll<T>(env: JobsEnv, withinMs: number, signal: AbortSignal, look: () => Promise<T | undefined>): Promise<T | undefined> {
  const deadline = env.clock.monotonicMs() + withinMs;
  for (;;) {
    const found = await look().catch((error) => {
      if (error instanceof CliError && error.code === "PROCESS_FAILED") return undefined;
      throw error;
    });
    if (found !== undefined || env.clock.monotonicMs() > deadline) return found;
    await env.timers.sleep(POLL_MS, signal);
  }
}

function settledOf(result: Record<string, unknown>, batch: Record<string, unknown>): SettledJob {
  const rows = Math.max(1, Number(batch["rows"]));
  return {
    worker: String(result["worker"]),
    block: `${String(result["term"])}/${String(result["number"])}`,
    height: String(result["accepted_height"]),
    chainBytesPerRow: Math.round(Number(batch["bytes"]) / rows),
    gasPerRow: Math.round(Number(batch["gas_used"]) / rows),
  };
}
