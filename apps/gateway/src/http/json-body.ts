import { type Checked, check } from "@lamina/api";
import { decodeUtf8 } from "@lamina/primitives";
import type { z } from "zod";
import { GatewayError } from "../gateway-error.ts";

const DEPTH_MAX = 64;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENERS = new Set([0x5b, 0x7b]);
const CLOSERS = new Set([0x5d, 0x7d]);

/** Parses a JSON body and checks it. Throws `GatewayError` (`invalid_request`) that names the field. */
export function readJson<Schema extends z.ZodType>(schema: Schema, body: Uint8Array): z.output<Schema> {
  return requireValid(check(schema, parseJson(body)));
}

export function requireValid<T>(checked: Checked<T>): T {
  if (checked.kind === "valid") return checked.value;
  const { path, message } = checked.problem;
  throw new GatewayError("invalid_request", message, path === "" ? {} : { param: path });
}

/** Throws `GatewayError` for what is no JSON or nests deeper than 64 (T8). */
export function parseJson(body: Uint8Array): unknown {
  if (body.length === 0) throw new GatewayError("invalid_request", "the request has no body");
  requireShallow(body);
  try {
    return JSON.parse(decodeUtf8(body)) as unknown;
  } catch (cause) {
    throw new GatewayError("invalid_request", "the body is not JSON in UTF-8", {}, { cause });
  }
}

/** Counts brackets outside strings before anything is parsed: a parser's own recursion must not be the limit. */
function requireShallow(body: Uint8Array): void {
  let depth = 0;
  let isInString = false;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at] ?? 0;
    if (isInString) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) isInString = false;
    } else if (byte === QUOTE) isInString = true;
    else if (OPENERS.has(byte)) {
      depth += 1;
      if (depth > DEPTH_MAX) throw new GatewayError("invalid_request", `the body nests deeper than ${DEPTH_MAX}`);
    } else if (CLOSERS.has(byte)) depth -= 1;
  }
}
