import { BaseError, type Env } from "@lamina/primitives";

/** Below it the server has holes that our permissions cannot close (CVE-2025-30215, CVE-2026-58253; T19). */
const VERSION_MIN = [2, 15, 2] as const;
const PAYLOAD_BYTES_MAX = 1024 * 1024;

/** A running server is not one we may trust with results. Nothing was sent to it. */
export class UnfitServerError extends BaseError<"UNFIT_SERVER"> {
  readonly details: { readonly faults: readonly string[] };
  constructor(faults: readonly string[]) {
    super("UNFIT_SERVER", `the NATS server must not be used: ${faults.join("; ")}`);
    this.details = { faults };
  }
}

/** The monitoring address does not answer as one. */
export class MonitorError extends BaseError<"MONITOR"> {
  override readonly retryable = true;
  readonly details: { readonly url: string; readonly reason: string };
  constructor(details: { url: string; reason: string }, options?: ErrorOptions) {
    super("MONITOR", `${details.url} does not report: ${details.reason}`, options);
    this.details = details;
  }
}

/** What a server says of itself at `/varz`, as far as we ask. */
export interface ServerReport {
  readonly version?: string;
  readonly auth_required?: boolean;
  readonly max_payload?: number;
  readonly system_account?: string;
  readonly trusted_operators_jwt?: readonly string[];
  readonly websocket?: { readonly no_auth_user?: string };
  readonly mqtt?: { readonly no_auth_user?: string };
  readonly jetstream?: { readonly config?: { readonly sync_always?: boolean; readonly store_dir?: string } };
}

/** What is wrong with a server, each fault with expected and found; none when it may be used. */
export function serverFaults(report: ServerReport): string[] {
  const faults: string[] = [];
  const expect = (holds: boolean, expected: string, found: unknown) => {
    if (!holds) faults.push(`expected ${expected}, found ${String(found)}`);
  };
  expect(isVersionEnough(report.version), `version ${VERSION_MIN.join(".")} or later`, report.version);
  expect(report.auth_required === true, "authentication required", report.auth_required);
  expect((report.trusted_operators_jwt ?? []).length > 0, "a trusted operator", "none");
  expect(report.system_account !== undefined, "a system account", "none");
  expect(report.max_payload === PAYLOAD_BYTES_MAX, `max_payload ${PAYLOAD_BYTES_MAX}`, report.max_payload);
  expect(!report.websocket?.no_auth_user && !report.mqtt?.no_auth_user, "no no_auth_user", "one");
  const jetstream = report.jetstream?.config;
  expect(jetstream !== undefined, "JetStream enabled", "no JetStream");
  expect(jetstream?.sync_always === true, "sync_interval: always", `sync_always ${String(jetstream?.sync_always ?? false)}`);
  return faults;
}

/** Asks the server at `monitorUrl` (`http://127.0.0.1:port`) and throws `UnfitServerError` unless it is fit, `MonitorError` where it does not answer. */
export async function checkServer(env: Pick<Env, "fetch">, monitorUrl: string): Promise<void> {
  const url = new URL("/varz", monitorUrl).href;
  let report: ServerReport;
  try {
    const response = await env.fetch(url);
    if (!response.ok) throw new Error(`status ${response.status}`);
    report = (await response.json()) as ServerReport;
  } catch (error) {
    throw new MonitorError({ url, reason: error instanceof Error ? error.message : String(error) }, { cause: error });
  }
  const faults = serverFaults(report);
  if (faults.length > 0) throw new UnfitServerError(faults);
}

function isVersionEnough(version: string | undefined): boolean {
  const found = (version ?? "").split("-")[0]?.split(".").map(Number) ?? [];
  for (const [index, wanted] of VERSION_MIN.entries()) {
    const part = found[index] ?? Number.NaN;
    if (part !== wanted) return part > wanted;
  }
  return true;
}
