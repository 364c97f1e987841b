import { check, SCOPES } from "@lamina/api";
import { possessBytes, ROLE_SPENDER } from "@lamina/codec";
import { type ChainId, fromHex, isHex, publicKey, toHex } from "@lamina/primitives";
import { z } from "zod";
import { GatewayError } from "../gateway-error.ts";
import { readJson, requireValid } from "../http/json-body.ts";
import type { SpenderKeys } from "../jobs/spender-keys.ts";
import type { Organisations } from "./organisations.ts";

const ulam = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,17})$/)
  .transform(BigInt);
const name = z.string().min(1).max(128);

const organisationSchema = z.strictObject({ name, spend_limit: ulam.optional() });
const keySchema = z.strictObject({
  name,
  scopes: z
    .array(z.enum(SCOPES))
    .min(1)
    .default([...SCOPES]),
  expires_at: z.iso.datetime().optional(),
  spend_limit: ulam.optional(),
  requests_per_minute: z.int().min(1).max(10_000_000).default(60_000),
  concurrency_max: z.int().min(1).max(100_000).default(256),
});
const laneSchema = z.strictObject({ lane: ulam });
const limitSchema = z.strictObject({ spend_limit: ulam.nullable() });
const possessSchema = z.strictObject({ spender_key: z.string(), account: z.string().min(1).max(128), expires: ulam });

export interface AdminDependencies {
  readonly organisations: Organisations;
  readonly spenders: SpenderKeys;
}

export interface AdminCall {
  readonly params: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface AdminRoute {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Parameters as `:name`. */
  readonly path: string;
  readonly handle: (call: AdminCall) => unknown;
}

/** The whole administration. Answers are JSON; amounts are decimal strings in ulam. */
export function adminRoutes(chainId: ChainId, { organisations, spenders }: AdminDependencies): AdminRoute[] {
  return [
    { method: "GET", path: "/admin/v1/spenders", handle: () => ({ spenders: spenders.ids }) },
    { method: "POST", path: "/admin/v1/spenders/possess", handle: ({ body }) => possess(chainId, spenders, body) },
    {
      method: "POST",
      path: "/admin/v1/organisations",
      handle: ({ body }) => {
        const request = readJson(organisationSchema, body);
        return organisations.create(request.name, request.spend_limit);
      },
    },
    {
      method: "POST",
      path: "/admin/v1/organisations/:id/keys",
      handle: ({ params, body }) => {
        const request = readJson(keySchema, body);
        return organisations.createKey(idOf(params), {
          name: request.name,
          scopes: request.scopes,
          expiresAt: request.expires_at === undefined ? undefined : new Date(request.expires_at),
          spendLimit: request.spend_limit,
          requestsPerMinute: request.requests_per_minute,
          concurrencyMax: request.concurrency_max,
        });
      },
    },
    {
      method: "POST",
      path: "/admin/v1/organisations/:id/lanes",
      handle: ({ params, body }) => organisations.bindLane(idOf(params), readJson(laneSchema, body).lane),
    },
    {
      method: "PUT",
      path: "/admin/v1/limits/:id",
      handle: async ({ params, body }) => {
        await organisations.setLimit(idOf(params), readJson(limitSchema, body).spend_limit ?? undefined);
        return {};
      },
    },
    {
      method: "DELETE",
      path: "/admin/v1/keys/:id",
      handle: async ({ params }) => {
        await organisations.revokeKey(idOf(params));
        return {};
      },
    },
  ];
}

/** The spender's statement that an account may open a lane with its key: the key itself never leaves (docs/spec/encoding.md). */
function possess(chainId: ChainId, spenders: SpenderKeys, body: Uint8Array): { key: string; signature: string } {
  const request = readJson(possessSchema, body);
  if (!isHex(request.spender_key, 32)) throw new GatewayError("invalid_request", "spender_key: expected 64 hex digits", { param: "spender_key" });
  const key = publicKey(fromHex(request.spender_key));
  if (!spenders.has(key)) throw new GatewayError("not_found", "no such spender");
  const statement = possessBytes(chainId, { role: ROLE_SPENDER, key, account: request.account, expires: request.expires });
  return { key: toHex(key), signature: toHex(spenders.signer(key).sign(statement)) };
}

function idOf(params: Readonly<Record<string, string>>): string {
  const found = requireValid(check(z.strictObject({ id: z.string().regex(/^(org|key)_[0-9a-f]{20}$/) }), params));
  return found.id;
}
