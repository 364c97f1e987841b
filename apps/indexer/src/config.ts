import { BaseError, type ChainId, chainId } from "@lamina/primitives";
import { z } from "zod";

/** The environment does not say what the indexer needs; names every variable at fault and no value. */
export class ConfigError extends BaseError<"CONFIG"> {
  readonly details: { readonly faults: readonly string[] };
  constructor(faults: readonly string[]) {
    super("CONFIG", `bad configuration: ${faults.join("; ")}`);
    this.details = { faults };
  }
}

const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);

const integer = (least: number, most: number, fallback: number) =>
  z
    .string()
    .regex(/^\d+$/, "expected a whole number")
    .transform(Number)
    .refine((value) => value >= least && value <= most, `expected ${least} to ${most}`)
    .default(fallback);

const schema = z.object({
  CHAIN_ID: z
    .string()
    .regex(/^[a-zA-Z0-9_.-]{1,50}$/, "expected 1 to 50 characters of a-z A-Z 0-9 - _ .")
    .transform((text): ChainId => chainId(text)),
  RPC_URL: z.url({ protocol: /^https?$/, error: "expected an http or https URL" }),
  RPC_TIMEOUT_MS: integer(100, 60_000, 10_000),
  DATABASE_URL_FILE: z.string().min(1, "expected the path of a file that holds the URL"),
  HTTP_HOST: z.string().default("127.0.0.1"),
  HTTP_PORT: integer(0, 65_535, 0),
  HTTP_TLS_CERT_FILE: z.string().min(1).optional(),
  HTTP_TLS_KEY_FILE: z.string().min(1).optional(),
  HTTP_INSECURE_PLAINTEXT: z.enum(["0", "1"]).default("0"),
  CHAIN_POLL_MS: integer(20, 60_000, 200),
  PREFETCH_HEIGHTS: integer(1, 256, 16),
  GROUP_RESULTS: integer(1, 100_000, 10_000),
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
});

/** Everything that the environment decides, checked. */
export type Config = Readonly<z.output<typeof schema>>;

/** Nothing listens beyond loopback without TLS, unless it is said that this is meant. */
function listeningFaults({ HTTP_HOST, HTTP_TLS_CERT_FILE, HTTP_TLS_KEY_FILE, HTTP_INSECURE_PLAINTEXT }: Config): string[] {
  if ((HTTP_TLS_CERT_FILE === undefined) !== (HTTP_TLS_KEY_FILE === undefined))
    return ["HTTP_TLS_CERT_FILE and HTTP_TLS_KEY_FILE: give both or none"];
  if (LOOPBACK.has(HTTP_HOST) || HTTP_TLS_CERT_FILE !== undefined || HTTP_INSECURE_PLAINTEXT === "1") return [];
  return ["HTTP_HOST: beyond loopback TLS is needed (HTTP_TLS_CERT_FILE, HTTP_TLS_KEY_FILE), or HTTP_INSECURE_PLAINTEXT=1"];
}

/** Throws `ConfigError`. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const read = schema.safeParse(environment);
  if (read.success) {
    const faults = listeningFaults(read.data);
    if (faults.length > 0) throw new ConfigError(faults);
    return Object.freeze(read.data);
  }
  throw new ConfigError(read.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.code === "invalid_type" ? "missing" : issue.message}`));
}
