import { BaseError, type ChainId, chainId } from "@lamina/primitives";
import type { LogLevel } from "@lamina/telemetry";
import { z } from "zod";
import { modelEntrySchema } from "./models/model-entry.ts";

/** The environment is not a configuration. Names every faulty variable, never a value (T62). */
export class ConfigError extends BaseError<"BAD_CONFIG"> {
  readonly details: { readonly faults: readonly string[] };
  constructor(faults: readonly string[]) {
    super("BAD_CONFIG", `the configuration is not usable: ${faults.join("; ")}`);
    this.details = { faults };
  }
}

const integer = (min: number, max: number, fallback: number) =>
  z
    .string()
    .regex(/^[0-9]+$/, "expected digits")
    .transform(Number)
    .pipe(z.number().int().min(min).max(max))
    .default(fallback);
const heights = (min: number, max: number, fallback: number) => integer(min, max, fallback).transform(BigInt);
const absolutePath = z.string().startsWith("/", "expected an absolute path");
const flag = z.enum(["0", "1"]).default("0");
const json = z.string().transform((text, context) => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    context.addIssue("expected JSON");
    return z.NEVER;
  }
});

const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);
const KIB = 2 ** 10;
const MIB = 2 ** 20;

const schema = z.object({
  CHAIN_ID: z.string().regex(/^[a-zA-Z0-9_.-]{1,50}$/, "expected 1-50 characters of a-z A-Z 0-9 - _ ."),
  RPC_URL: z.url({ protocol: /^https?$/ }),
  NATS_URL: z
    .string()
    .min(1)
    .transform((text) => text.split(",").map((each) => each.trim())),
  NATS_USER_JWT_FILE: absolutePath,
  NATS_SEED_FILE: absolutePath,
  NATS_CA_FILE: absolutePath.optional(),
  SIGNING_KEY_FILE: absolutePath,
  ACCOUNT_KEY_FILE: absolutePath.optional(),
  STATE_DIR: absolutePath,
  LAMINA_WORKER_MODELS: json.pipe(z.array(modelEntrySchema).min(1)),
  MODELS_DIR: absolutePath,
  HTTP_HOST: z.string().min(1).default("127.0.0.1"),
  HTTP_PORT: integer(0, 65_535, 0),
  HTTP_INSECURE_PLAINTEXT: flag,
  NEW_STATE: flag,
  SETTLE_MARGIN_HEIGHTS: heights(1, 100_000, 20),
  FORCE_AFTER_HEIGHTS: heights(2, 100_000, 40),
  JOBS_MAX: integer(1, 1_000_000, 8_192),
  JOURNAL_MIB_MAX: integer(64, 16_777_216, 4_096),
  JOURNAL_SEGMENT_KIB: integer(4, 1_048_576, 65_536),
  CHAIN_POLL_MS: integer(20, 60_000, 200),
  RPC_TIMEOUT_MS: integer(100, 60_000, 5_000),
  GAS_PRICE_ULAM_PER_MILLION: integer(0, 1_000_000_000, 1_000).transform(BigInt),
  DRAIN_MS: integer(0, 600_000, 10_000),
  CHILD_UID: integer(1, 4_294_967_294, 65_533),
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
});

export interface WorkerConfig {
  readonly chainId: ChainId;
  readonly rpcUrl: string;
  readonly nats: { readonly servers: readonly string[]; readonly jwtFile: string; readonly seedFile: string; readonly caFile: string | undefined };
  readonly keyFile: string;
  /** Without it the worker cannot force rows in, nor open an incarnation. */
  readonly accountKeyFile: string | undefined;
  readonly dataFolder: string;
  readonly models: readonly z.infer<typeof modelEntrySchema>[];
  readonly modelsFolder: string;
  /** Where metrics and health are served; port 0: any free one. */
  readonly http: { readonly host: string; readonly port: number };
  readonly mayCreateState: boolean;
  readonly settleMargin: bigint;
  readonly forceAfterHeights: bigint;
  readonly jobsMax: number;
  readonly journalBytesMax: number;
  /** A file of the journal larger than this is followed by a new one. */
  readonly journalSegmentBytes: number;
  readonly pollMs: number;
  readonly rpcTimeoutMs: number;
  readonly gasPriceUlamPerMillion: bigint;
  /** How long the end may wait for the stream to take the last rows. */
  readonly drainMs: number;
  readonly childUser: { readonly uid: number; readonly gid: number };
  readonly logLevel: LogLevel;
}

/** Reads the whole environment at once. Throws `ConfigError` with every fault. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): WorkerConfig {
  // An empty line of an environment file is as good as none.
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ""));
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${faultOf(issue)}`));
  const read = parsed.data;
  if (!LOOPBACK.has(read.HTTP_HOST) && read.HTTP_INSECURE_PLAINTEXT !== "1")
    throw new ConfigError(["HTTP_HOST: these pages are plain HTTP, so beyond loopback HTTP_INSECURE_PLAINTEXT=1 must say that this is meant"]);
  return Object.freeze({
    chainId: chainId(read.CHAIN_ID),
    rpcUrl: read.RPC_URL,
    nats: {
      servers: read.NATS_URL,
      jwtFile: read.NATS_USER_JWT_FILE,
      seedFile: read.NATS_SEED_FILE,
      caFile: read.NATS_CA_FILE,
    },
    keyFile: read.SIGNING_KEY_FILE,
    accountKeyFile: read.ACCOUNT_KEY_FILE,
    dataFolder: read.STATE_DIR,
    models: read.LAMINA_WORKER_MODELS,
    modelsFolder: read.MODELS_DIR,
    http: { host: read.HTTP_HOST, port: read.HTTP_PORT },
    mayCreateState: read.NEW_STATE === "1",
    settleMargin: read.SETTLE_MARGIN_HEIGHTS,
    forceAfterHeights: read.FORCE_AFTER_HEIGHTS,
    jobsMax: read.JOBS_MAX,
    journalBytesMax: read.JOURNAL_MIB_MAX * MIB,
    journalSegmentBytes: read.JOURNAL_SEGMENT_KIB * KIB,
    pollMs: read.CHAIN_POLL_MS,
    rpcTimeoutMs: read.RPC_TIMEOUT_MS,
    gasPriceUlamPerMillion: read.GAS_PRICE_ULAM_PER_MILLION,
    drainMs: read.DRAIN_MS,
    childUser: { uid: read.CHILD_UID, gid: read.CHILD_UID },
    logLevel: read.LOG_LEVEL,
  });
}

/** What was expected; what was found may be a secret put into the wrong variable. */
function faultOf(issue: z.core.$ZodIssue): string {
  return issue.code === "invalid_type" && issue.input === undefined ? "is missing" : issue.message;
}
