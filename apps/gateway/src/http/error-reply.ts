import type { NativeError, OpenAiError, OpenInferenceError, RouteFamily } from "@lamina/api";
import type { GatewayError, GatewayErrorCode } from "../gateway-error.ts";
import { json, type Reply } from "./call.ts";

type OpenAiType = OpenAiError["error"]["type"];

const OPENAI_TYPES: Partial<Record<GatewayErrorCode, OpenAiType>> = {
  missing_api_key: "authentication_error",
  invalid_api_key: "authentication_error",
  not_allowed: "permission_error",
  rate_limit: "rate_limit_error",
  concurrency_limit: "rate_limit_error",
  nonces_exhausted: "rate_limit_error",
  spend_limit: "insufficient_quota",
  lane_not_usable: "insufficient_quota",
};

/** An error in the shape of its route's family, never with more than its own words. */
export function errorReply(family: RouteFamily, error: GatewayError): Reply {
  return json(error.status, bodyOf(family, error), headersOf(error));
}

function bodyOf(family: RouteFamily, error: GatewayError): OpenAiError | OpenInferenceError | NativeError {
  const { code, message, retryable, details } = error;
  if (family === "open-inference") return { error: message };
  if (family === "native")
    return { error: { code, message, retryable, ...(details.param === undefined ? {} : { details: { param: details.param } }) } };
  const type = OPENAI_TYPES[code] ?? (error.status >= 500 ? "server_error" : "invalid_request_error");
  return { error: { message, type, param: details.param ?? null, code } };
}

function headersOf(error: GatewayError): Record<string, string> {
  const seconds = error.details.retryAfterSeconds ?? (error.status === 429 || error.status === 503 ? 1 : undefined);
  const retryAfter: Record<string, string> = seconds === undefined ? {} : { "retry-after": String(seconds) };
  const challenge: Record<string, string> = error.status === 401 ? { "www-authenticate": 'Bearer realm="lamina"' } : {};
  // OpenAI's clients repeat every 429 by themselves; a spent limit is no reason to.
  const advice: Record<string, string> = error.code === "spend_limit" || error.code === "lane_not_usable" ? { "x-should-retry": "false" } : {};
  return { ...retryAfter, ...challenge, ...advice };
}
