import { chainIdBytes } from "@lamina/codec";
import { BaseError, type ChainId, chainId, DecodeError, EncodeError } from "@lamina/primitives";
import type { LogLevel } from "@lamina/telemetry";

/** Everything that the environment decides, checked. Times in milliseconds. */
export interface Config {
  readonly chainId: ChainId;
  readonly rpcUrl: string;
  readonly rpcTimeoutMs: number;
  readonly natsServers: readonly string[];
  readonly natsUserJwtFile: string;
  readonly natsSeedFile: string;
  readonly natsCaFile: string | undefined;
  readonly accountKeyFile: string;
  readonly signingKeyFile: string;
  readonly stateDirectory: string;
  readonly sequencerId: string;
  readonly httpHost: string;
  readonly httpPort: number;
  readonly blockIntervalMs: number;
  readonly blockRowsMax: number;
  readonly spendDeadlineMs: number;
  readonly chainPollMs: number;
  readonly gasPriceUlamPerMillion: bigint;
  readonly takesOver: boolean;
  readonly drainMs: number;
  readonly logLevel: LogLevel;
}

/** All faults of the environment together, by variable. */
export class ConfigError extends BaseError<"CONFIG"> {
  readonly details: { readonly faults: readonly string[] };
  constructor(faults: readonly string[]) {
    super("CONFIG", `bad configuration: ${faults.join("; ")}`);
    this.details = { faults };
  }
}

const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the environment. Throws `ConfigError` naming every variable at fault; values are never repeated, since one may be a secret put there by mistake. */
export function readConfig(environment: Environment): Config {
  const faults: string[] = [];
  const read = new EnvironmentReader(environment, faults);
  const config: Config = {
    chainId: read.chainId("CHAIN_ID"),
    rpcUrl: read.url("RPC_URL", ["http:", "https:"]),
    rpcTimeoutMs: read.integer("RPC_TIMEOUT_MS", 100, 60_000, 5_000),
    natsServers: read.text("NATS_URL").split(","),
    natsUserJwtFile: read.text("NATS_USER_JWT_FILE"),
    natsSeedFile: read.text("NATS_SEED_FILE"),
    natsCaFile: read.optional("NATS_CA_FILE"),
    accountKeyFile: read.text("ACCOUNT_KEY_FILE"),
    signingKeyFile: read.text("SIGNING_KEY_FILE"),
    stateDirectory: read.text("STATE_DIR"),
    sequencerId: read.text("SEQUENCER_ID"),
    httpHost: read.text("HTTP_HOST", "127.0.0.1"),
    httpPort: read.integer("HTTP_PORT", 0, 65_535, 0),
    blockIntervalMs: read.integer("BLOCK_INTERVAL_MS", 10, 60_000, 250),
    blockRowsMax: read.integer("BLOCK_ROWS_MAX", 1, 50_000, 4_000),
    spendDeadlineMs: read.integer("SPEND_DEADLINE_MS", 1, 10_000, 150),
    chainPollMs: read.integer("CHAIN_POLL_MS", 20, 60_000, 200),
    gasPriceUlamPerMillion: BigInt(read.integer("GAS_PRICE_ULAM_PER_MILLION", 0, 1_000_000_000, 1_000)),
    takesOver: read.oneOf("TAKE_OVER", ["on", "off"], "on") === "on",
    drainMs: read.integer("DRAIN_MS", 0, 600_000, 10_000),
    logLevel: read.oneOf("LOG_LEVEL", ["debug", "info", "warn", "error"], "info"),
  };
  const isPlainMeant = read.oneOf("HTTP_INSECURE_PLAINTEXT", ["0", "1"], "0") === "1";
  if (!LOOPBACK.has(config.httpHost) && !isPlainMeant)
    faults.push("HTTP_HOST: these pages are plain HTTP, so beyond loopback HTTP_INSECURE_PLAINTEXT=1 must say that this is meant");
  if (faults.length > 0) throw new ConfigError(faults);
  return Object.freeze(config);
}

class EnvironmentReader {
  readonly #environment: Environment;
  readonly #faults: string[];

  constructor(environment: Environment, faults: string[]) {
    this.#environment = environment;
    this.#faults = faults;
  }

  optional(name: string): string | undefined {
    const value = this.#environment[name];
    return value === undefined || value === "" ? undefined : value;
  }

  text(name: string, fallback?: string): string {
    const value = this.optional(name) ?? fallback;
    if (value === undefined) this.#faults.push(`${name} is missing`);
    return value ?? "";
  }

  integer(name: string, min: number, max: number, fallback: number): number {
    const value = this.optional(name) ?? `${fallback}`;
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= min && number <= max)) this.#faults.push(`${name} must be an integer in ${min}..${max}`);
    return number;
  }

  oneOf<T extends string>(name: string, values: readonly T[], fallback: T): T {
    const value = this.optional(name) ?? fallback;
    const found = values.find((each) => each === value);
    if (found === undefined) this.#faults.push(`${name} must be one of ${values.join(", ")}`);
    return found ?? fallback;
  }

  url(name: string, protocols: readonly string[]): string {
    const value = this.text(name);
    if (value === "") return value;
    if (!URL.canParse(value) || !protocols.includes(new URL(value).protocol)) this.#faults.push(`${name} must be a URL of ${protocols.join(" or ")}`);
    return value;
  }

  chainId(name: string): ChainId {
    const value = this.text(name);
    if (value === "") return value as ChainId;
    try {
      const id = chainId(value);
      chainIdBytes(id);
      return id;
    } catch (error) {
      if (!(error instanceof EncodeError || error instanceof DecodeError)) throw error;
      this.#faults.push(`${name} must be 1-50 characters of a-z A-Z 0-9 - _ .`);
      return value as ChainId;
    }
  }
}
