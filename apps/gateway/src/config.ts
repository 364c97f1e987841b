import { BaseError } from "@lamina/primitives";
import { z } from "zod";

const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);

const port = z.coerce.number().int().min(0).max(65_535);
const milliseconds = z.coerce.number().int().min(1).max(86_400_000);
const count = z.coerce.number().int().min(1).max(10_000_000);
const ulam = z
  .string()
  .regex(/^[1-9][0-9]{0,18}$/)
  .transform(BigInt);
const path = z.string().min(1);
const flag = z.enum(["0", "1"]).transform((text) => text === "1");
const list = z.string().transform((text) =>
  text
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== ""),
);

/** Each variable has a line in .env.example. Secrets come as files. */
const schema = z.object({
  CHAIN_ID: z.string().regex(/^[a-zA-Z0-9_.-]{1,50}$/),
  RPC_URL: z.url({ protocol: /^(https?|wss?|tcp)$/ }),
  RPC_TIMEOUT_MS: milliseconds.default(5_000),
  CHAIN_POLL_MS: milliseconds.default(500),
  NATS_URL: list.pipe(z.array(z.url({ protocol: /^(nats|tls)$/ })).min(1)),
  NATS_USER_JWT_FILE: path,
  NATS_SEED_FILE: path,
  NATS_CA_FILE: path.optional(),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  DATABASE_URL_FILE: path.optional(),
  GATEWAY_ID: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/)
    .default("gateway"),
  GATEWAY_HOST: z.string().min(1).default("127.0.0.1"),
  GATEWAY_PORT: port.default(8080),
  GATEWAY_TLS_CERT_FILE: path.optional(),
  GATEWAY_TLS_KEY_FILE: path.optional(),
  GATEWAY_INSECURE_PLAINTEXT: flag.default(false),
  GATEWAY_ADMIN_HOST: z.string().min(1).default("127.0.0.1"),
  GATEWAY_ADMIN_PORT: port.default(8081),
  GATEWAY_ADMIN_TOKEN_FILE: path,
  GATEWAY_SECRET_FILE: path,
  GATEWAY_SPENDER_KEY_FILES: list,
  GATEWAY_MODEL_FOLDERS: list.default([]),
  GATEWAY_DEADLINE_MS: milliseconds.default(30_000),
  GATEWAY_ASYNC_DEADLINE_MS: milliseconds.default(600_000),
  GATEWAY_ITEMS_MAX: count.default(256),
  GATEWAY_ATTEMPTS_MAX: count.default(3),
  GATEWAY_UNIT_PRICE_MAX: ulam.default(1_000_000n),
  GATEWAY_BUDGET_BLOCK: ulam.default(100_000n),
  GATEWAY_NONCE_RANGE: z.coerce.number().int().min(1).max(65_536).default(1_024),
  GATEWAY_HEARTBEAT_MAX_AGE_MS: milliseconds.default(5_000),
  GATEWAY_KEY_CACHE_MS: z.coerce.number().int().min(0).max(5_000).default(2_000),
  GATEWAY_LEASE_MS: z.coerce.number().int().min(1_000).max(600_000).default(10_000),
  GATEWAY_RETENTION_HOURS: z.coerce.number().int().min(24).max(87_600).default(72),
  DRAIN_MS: milliseconds.default(10_000),
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
  CHECKPOINT_FILE: path.optional(),
});

/** The configuration, checked and frozen. Source: the environment. */
export type Config = Readonly<z.output<typeof schema>>;

/** Everything that is wrong with the environment, by variable; values are not told, since some are secrets (I34). */
export class ConfigError extends BaseError<"BAD_CONFIG"> {
  readonly details: { readonly problems: readonly string[] };
  constructor(problems: readonly string[]) {
    super("BAD_CONFIG", `the environment is not usable: ${problems.join("; ")}`);
    this.details = { problems };
  }
}

/** Throws `ConfigError`. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.keys(schema.shape).flatMap((name) => (environment[name] === undefined || environment[name] === "" ? [] : [[name, environment[name]]])),
  );
  const result = schema.safeParse(given);
  const problems = result.success
    ? combinedProblems(result.data)
    : result.error.issues.map(({ path: [name], message }) => `${String(name)}: ${message}`);
  if (!result.success || problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(result.data);
}

function combinedProblems(config: Config): string[] {
  const hasTls = config.GATEWAY_TLS_CERT_FILE !== undefined && config.GATEWAY_TLS_KEY_FILE !== undefined;
  const isHalfTls = (config.GATEWAY_TLS_CERT_FILE === undefined) !== (config.GATEWAY_TLS_KEY_FILE === undefined);
  const isOpen = !LOOPBACK.has(config.GATEWAY_HOST) && !hasTls && !config.GATEWAY_INSECURE_PLAINTEXT;
  return [
    ...(isHalfTls ? ["GATEWAY_TLS_CERT_FILE and GATEWAY_TLS_KEY_FILE: give both or none"] : []),
    ...(isOpen ? ["GATEWAY_HOST: beyond loopback TLS is needed (GATEWAY_TLS_CERT_FILE, GATEWAY_TLS_KEY_FILE), or GATEWAY_INSECURE_PLAINTEXT=1"] : []),
    ...(LOOPBACK.has(config.GATEWAY_ADMIN_HOST) ? [] : ["GATEWAY_ADMIN_HOST: administration is for loopback alone"]),
    ...((config.DATABASE_URL === undefined) === (config.DATABASE_URL_FILE === undefined)
      ? ["DATABASE_URL, DATABASE_URL_FILE: give exactly one"]
      : []),
  ];
}
