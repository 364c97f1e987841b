import type { RouteFamily } from "@lamina/api";
import { BaseError } from "@lamina/primitives";
import { parseJson } from "./json-value.ts";

/** What a refusal means for the caller, whichever API refused. */
export type ApiErrorKind = "invalid" | "unauthorised" | "forbidden" | "not-found" | "conflict" | "limited" | "unavailable" | "deadline" | "fault";

export interface ApiErrorDetails {
  readonly status: number;
  /** The field or tensor at fault. */
  readonly param: string | undefined;
  /** How long the gateway asks to wait. */
  readonly retryAfterMs: number | undefined;
  /** Names the request in the gateway's log. */
  readonly requestId: string | undefined;
}

const KINDS: Readonly<Record<number, ApiErrorKind>> = {
  401: "unauthorised",
  402: "forbidden",
  403: "forbidden",
  404: "not-found",
  409: "conflict",
  422: "conflict",
  429: "limited",
  502: "unavailable",
  503: "unavailable",
  504: "deadline",
};

/**
 * The gateway refused, or failed. `code` is the API's own word (`no_worker`, `invalid_tensor`, …); the Open Inference Protocol has none, so there it is
 * `http_<status>`.
 */
export class ApiError extends BaseError {
  override readonly retryable: boolean;
  readonly kind: ApiErrorKind;
  readonly details: ApiErrorDetails;
  constructor(problem: Problem, details: ApiErrorDetails) {
    super(problem.code, problem.message);
    this.details = details;
    this.kind = KINDS[details.status] ?? (details.status >= 500 ? "fault" : "invalid");
    this.retryable = problem.retryable;
  }
}

interface Problem {
  readonly code: string;
  readonly message: string;
  readonly param: string | undefined;
  readonly retryable: boolean;
}

export interface RefusedAnswer {
  readonly status: number;
  header(name: string): string | undefined;
  readonly body: Uint8Array;
}

/** Reads an error answer in the shape of its route's family; one in no shape at all, as a proxy sends them, is told by its status. */
export function apiErrorOf(family: RouteFamily, answer: RefusedAnswer): ApiError {
  const problem = problemOf(family, answer) ?? { ...bare(answer), message: `the gateway answered ${answer.status}` };
  const seconds = Number(answer.header("retry-after") ?? Number.NaN);
  return new ApiError(problem, {
    status: answer.status,
    param: problem.param,
    retryAfterMs: seconds >= 0 ? seconds * 1000 : undefined,
    requestId: answer.header("lamina-request-id"),
  });
}

function problemOf(family: RouteFamily, answer: RefusedAnswer): Problem | undefined {
  const error = parseJson(answer.body)?.member("error");
  if (error === undefined) return undefined;
  if (family === "open-inference") {
    const message = error.asText();
    return message === undefined ? undefined : { ...bare(answer), message };
  }
  const [code, message] = [error.member("code")?.asText(), error.member("message")?.asText()];
  if (code === undefined || message === undefined) return undefined;
  const param = family === "native" ? error.member("details")?.member("param") : error.member("param");
  const retryable = family === "native" ? error.member("retryable")?.isTrue : undefined;
  return { code, message, param: param?.asText(), retryable: retryable ?? mayPass(answer) };
}

function bare(answer: RefusedAnswer): Omit<Problem, "message"> {
  return { code: `http_${answer.status}`, param: undefined, retryable: mayPass(answer) };
}

/** `x-should-retry: false`: a spent limit answers 429 and does not pass by waiting. */
function mayPass({ status, header }: RefusedAnswer): boolean {
  return header("x-should-retry") !== "false" && (status === 409 || status === 429 || status >= 500);
}
