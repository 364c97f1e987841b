import type { Env } from "@lamina/primitives";
import { type Asked, type Checked, type CheckOptions, checkAnswer, type Given } from "../check/check-answer.ts";
import type { GatewayConnection, RequestOptions } from "./gateway-connection.ts";

/** What the client's parts share. */
export interface ClientContext {
  readonly connection: GatewayConnection;
  readonly env: Pick<Env, "timers" | "random" | "clock">;
  readonly check: CheckOptions;
}

/** Of every request that runs a job. */
export interface RunOptions extends RequestOptions {
  /** Its repetitions, also by this client, run nothing twice; the gateway keeps the answer for them. */
  readonly idempotencyKey?: string;
  /** `optimistic` where not given. */
  readonly level?: string;
  /** At most 256 bytes, inside the signed job and never posted; random where not given. Give it once only: a repeated one cannot tell a resold answer. */
  readonly reference?: string;
  /** False: the answer is taken as the gateway gives it. */
  readonly check?: boolean;
}

export const LEVEL_DEFAULT = "optimistic";

/** Headers for what the body of a foreign protocol has no place for. */
export function runHeaders(level: string, reference: string): Record<string, string> {
  return { "lamina-level": level, "lamina-reference": reference };
}

export async function checkUnlessOff(context: ClientContext, options: RunOptions, asked: Asked, given: Given): Promise<Checked | undefined> {
  return options.check === false ? undefined : checkAnswer(asked, given, context.check);
}

/** The signal and limit of a request, without members that are undefined. */
export function bounds({ signal, timeoutMs }: RequestOptions): RequestOptions {
  return { ...(signal === undefined ? {} : { signal }), ...(timeoutMs === undefined ? {} : { timeoutMs }) };
}

export function keyed(idempotencyKey: string | undefined): { idempotencyKey?: string } {
  return idempotencyKey === undefined ? {} : { idempotencyKey };
}
