import type { Route } from "@lamina/api";
import type { Principal } from "../access/principal.ts";
import { GatewayError } from "../gateway-error.ts";

/** One HTTP request, as handlers see it. */
export interface Call {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  /** Lower-case names. */
  header(name: string): string | undefined;
  /** Empty where there was none. */
  readonly body: Uint8Array;
  /** Aborts when the client is gone before its answer. */
  readonly signal: AbortSignal;
}

/** Of a route that asks for a key. */
export interface AuthorizedCall extends Call {
  readonly principal: Principal;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly contentType: string;
  readonly body: string | Uint8Array;
}

export type OpenHandler = (call: Call) => Reply | Promise<Reply>;
export type Handler = (call: AuthorizedCall) => Reply | Promise<Reply>;

export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers, contentType: "application/json; charset=utf-8", body: JSON.stringify(value) };
}

/** A path parameter that the route names. */
export function param(call: Call, name: string): string {
  const value = call.params[name];
  if (value === undefined || value === "") throw new GatewayError("not_found", "no such route");
  return value;
}
