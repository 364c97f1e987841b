import type { Env } from "@lamina/primitives";
import { decodeUtf8 } from "@lamina/primitives";
import { CliError } from "../../cli-error.ts";
import { ensureSecret, writeSecret } from "../../state/secrets.ts";
import type { StateFolder } from "../../state/state-folder.ts";
import { ask, askJson } from "./http-json.ts";

const API_KEY = "api-key";
const ADMIN_TOKEN = "gateway-admin-token";

type OrganisationEnv = Pick<Env, "files" | "random" | "fetch" | "timers">;

export interface OrganisationOptions {
  readonly gatewayUrl: string;
  readonly adminUrl: string;
  /** From which the organisation spends. */
  readonly laneId: bigint;
}

/** What the gateway reads from files at its start. */
export async function ensureGatewaySecrets(env: Pick<Env, "files" | "random">, folder: StateFolder): Promise<void> {
  for (const name of [ADMIN_TOKEN, "gateway-secret"]) await ensureSecret(env, folder, name);
}

/** The demo organisation's API key: the one kept at keys/api-key while the gateway takes it, else one of an organisation made now. */
export async function ensureOrganisation(env: OrganisationEnv, folder: StateFolder, options: OrganisationOptions): Promise<string> {
  const kept = await keptKey(env, folder, options.gatewayUrl);
  if (kept !== undefined) return kept;
  const bearer = await ensureSecret(env, folder, ADMIN_TOKEN);
  const post = (path: string, body: unknown) => askJson(env, { method: "POST", url: `${options.adminUrl}/admin/v1${path}`, bearer, body });
  const { json: organisation } = await post("/organisations", { name: "demo" });
  const path = `/organisations/${text(organisation, "id")}`;
  await post(`${path}/lanes`, { lane: `${options.laneId}` });
  const { json: key } = await post(`${path}/keys`, { name: "lamina up" });
  // Last, so that a crash before leaves nothing that looks finished.
  await writeSecret(env, folder, API_KEY, text(key, "key"));
  return text(key, "key");
}

async function keptKey(env: OrganisationEnv, folder: StateFolder, gatewayUrl: string): Promise<string | undefined> {
  const path = folder.keyFile(API_KEY);
  if ((await env.files.stat(path)) === undefined) return undefined;
  const key = decodeUtf8(await env.files.readFile(path)).trim();
  const { status } = await ask(env, { method: "GET", url: `${gatewayUrl}/lamina/v1/account`, bearer: key });
  return status === 401 ? undefined : key;
}

function text(answer: Record<string, unknown>, field: string): string {
  const value = answer[field];
  if (typeof value === "string") return value;
  throw new CliError("PROCESS_FAILED", `the gateway's answer lacks ${field}: found ${Object.keys(answer).join(", ")}`, "See ./lamina logs gateway.");
}
