import type { Env } from "@lamina/primitives";
import { CliError } from "../../cli-error.ts";

const TIMEOUT_MS = 60_000;
const SHOWN_CHARACTERS = 300;

export interface HttpRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly bearer?: string;
  readonly body?: unknown;
}

export interface HttpAnswer {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly bytes: Uint8Array;
}

/** Asks a service of the network. Throws `PROCESS_FAILED` where it cannot be reached; any status is an answer. */
export async function ask(env: Pick<Env, "fetch" | "timers">, { method, url, bearer, body }: HttpRequest): Promise<HttpAnswer> {
  const abort = new AbortController();
  const timer = env.timers.setTimeout(() => abort.abort(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)), TIMEOUT_MS);
  const headers = {
    ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  };
  try {
    const init = { method, headers, signal: abort.signal, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await env.fetch(url, init);
    const bytes = new Uint8Array(await response.arrayBuffer());
    return { status: response.status, header: (name) => response.headers.get(name) ?? undefined, bytes };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliError("PROCESS_FAILED", `${method} ${url} was not answered: ${reason}`, "See ./lamina status and ./lamina logs gateway.", { cause });
  } finally {
    env.timers.clearTimeout(timer);
  }
}

/** As `ask`, for answers that must be 200 (or 201, 202) with JSON. */
export async function askJson(
  env: Pick<Env, "fetch" | "timers">,
  request: HttpRequest,
): Promise<{ json: Record<string, unknown>; answer: HttpAnswer }> {
  const answer = await ask(env, request);
  const text = new TextDecoder().decode(answer.bytes);
  if (answer.status < 200 || answer.status > 202) throw unexpected(request, `status ${answer.status}: ${text.slice(0, SHOWN_CHARACTERS)}`);
  try {
    return { json: JSON.parse(text) as Record<string, unknown>, answer };
  } catch (cause) {
    throw unexpected(request, `no JSON: ${text.slice(0, SHOWN_CHARACTERS)}`, cause);
  }
}

function unexpected({ method, url }: HttpRequest, found: string, cause?: unknown): CliError {
  return new CliError("PROCESS_FAILED", `${method} ${url}: expected success, found ${found}`, "See ./lamina logs gateway.", { cause });
}
