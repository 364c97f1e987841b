import type { JobView } from "@lamina/api";
import { toHex } from "@lamina/primitives";
import type { Asked } from "../check/check-answer.ts";
import { tensorOfJson } from "../tensors/json-tensor.ts";
import { type Answer, tensorOutput } from "./answer.ts";
import { bounds, type ClientContext, checkUnlessOff, keyed, type RunOptions } from "./client-context.ts";
import { JobFailedError, MalformedAnswerError, WaitTimeoutError } from "./client-error.ts";
import type { RequestOptions } from "./gateway-connection.ts";
import { type JobWork, prepareJob } from "./job-request.ts";
import { type JsonValue, readJson } from "./json-value.ts";

export interface WaitOptions extends RequestOptions {
  /** For the answer, in all. */
  readonly waitMs?: number;
}

export interface JobOptions extends RunOptions {
  /** For how long the gateway tries, at most ten minutes; its own limit where not given. */
  readonly deadlineMs?: number;
}

/** An asynchronous job, with what its answer must match. */
export interface SubmittedJob {
  /** The request's id; the job's own is known once it is answered. */
  readonly id: string;
  /** The checked answer. Throws `JobFailedError`, `WaitTimeoutError`, and as `checkAnswer`. */
  wait(options?: WaitOptions): Promise<Answer>;
}

const PATH = "/lamina/v1/jobs";
const WAIT_MS = 120_000;
const POLL_MS = { first: 50, last: 1_000 };
const KEY_BYTES = 16;

/** Native jobs: input, output, level, reference, price and signature of each answer are checked before it is given (T75). */
export class Jobs {
  readonly #context: ClientContext;

  constructor(context: ClientContext) {
    this.#context = context;
  }

  /** Runs a job and answers once it is signed. Throws `ApiError`, and as `checkAnswer`. */
  async run(work: JobWork, options: JobOptions = {}): Promise<Answer> {
    const { body, asked } = prepareJob(this.#context.env, work, options, "sync");
    const answer = await this.#post(body, options, options.idempotencyKey);
    return this.#answerOf(answer, asked, options);
  }

  /** Hands a job over; the gateway has it on disk when this resolves. It always has an idempotency key, so that it can be sent again until it is. */
  async submit(work: JobWork, options: JobOptions = {}): Promise<SubmittedJob> {
    const { body, asked } = prepareJob(this.#context.env, work, options, "async");
    const key = options.idempotencyKey ?? toHex(this.#context.env.random.bytes(KEY_BYTES));
    const id = (await this.#post(body, options, key)).get("id").text();
    return { id, wait: (waiting = {}) => this.#wait(id, asked, options, waiting) };
  }

  /** A job of this organisation as the gateway tells it, not checked. Throws `ApiError`. */
  async get(id: string, options: RequestOptions = {}): Promise<JobView> {
    return (await this.#view(id, options)).value as JobView;
  }

  async #wait(id: string, asked: Asked, options: RunOptions, waiting: WaitOptions): Promise<Answer> {
    const { clock, timers } = this.#context.env;
    const waitMs = waiting.waitMs ?? WAIT_MS;
    const deadlineMs = clock.monotonicMs() + waitMs;
    for (let pauseMs = POLL_MS.first; ; pauseMs = Math.min(POLL_MS.last, 2 * pauseMs)) {
      const view = await this.#view(id, waiting);
      const state = view.get("state").text();
      if (state === "answered") return this.#answerOf(view, asked, options);
      if (state === "failed" || state === "cancelled") throw new JobFailedError(id, state, problemOf(view));
      if (clock.monotonicMs() + pauseMs > deadlineMs) throw new WaitTimeoutError(id, "an answer", state, waitMs);
      await timers.sleep(pauseMs, waiting.signal);
    }
  }

  async #answerOf(view: JsonValue, asked: Asked, options: RunOptions): Promise<Answer> {
    const jobId = view.get("job_id").text();
    const outputs = view.get("outputs").list().map(tensorOfJson);
    const receipt = view.get("receipt").base64();
    const checked = await checkUnlessOff(this.#context, options, asked, { jobId, outputs, receipt });
    return { jobId, outputs: outputs.map(tensorOutput), receipt, checked };
  }

  async #post(body: string, options: RequestOptions, key: string | undefined): Promise<JsonValue> {
    const request = { method: "POST", path: PATH, family: "native", body, ...bounds(options), ...keyed(key) } as const;
    return readJson((await this.#context.connection.send(request)).body);
  }

  async #view(id: string, options: RequestOptions): Promise<JsonValue> {
    const path = `${PATH}/${encodeURIComponent(id)}`;
    const view = readJson((await this.#context.connection.send({ method: "GET", path, family: "native", ...bounds(options) })).body);
    const found = view.get("id").text();
    const jobId = view.member("job_id")?.asText();
    if (found !== id && jobId !== id) throw new MalformedAnswerError("answer.id", id, found);
    return view;
  }
}

function problemOf(view: JsonValue): ConstructorParameters<typeof JobFailedError>[2] {
  const error = view.member("error");
  if (error === undefined) return undefined;
  return { code: error.get("code").text(), message: error.get("message").text(), retryable: error.member("retryable")?.isTrue ?? false };
}
