import { parseArgs } from "node:util";
import { CliError } from "./cli-error.ts";
import { portLayout, VALIDATORS_MAX, WORKERS_MAX } from "./plan/ports.ts";

/** A command line, read and checked. Folders are as typed: the caller resolves them. */
export type Command =
  | { readonly kind: "help"; readonly page: string }
  | { readonly kind: "version" }
  | UpCommand
  | { readonly kind: "down"; readonly home: string | undefined; readonly orphansOnly: boolean }
  | { readonly kind: "status"; readonly home: string | undefined; readonly json: boolean }
  | { readonly kind: "logs"; readonly home: string | undefined; readonly name: string | undefined; readonly follow: boolean; readonly lines: number }
  | { readonly kind: "reset"; readonly home: string | undefined }
  | {
      readonly kind: "receipt-get";
      readonly home: string | undefined;
      readonly job: string;
      readonly output: string;
      readonly checkpointHeight: bigint | undefined;
    }
  /** The words after `verify`, which the verifier reads itself: its one file takes the same. */
  | { readonly kind: "receipt-verify"; readonly words: readonly string[] };

export interface UpCommand {
  readonly kind: "up";
  readonly home: string | undefined;
  readonly once: boolean;
  readonly detach: boolean;
  /** Set by a detaching `up` on what it starts: its output goes to a log, so it prints no key (I31). */
  readonly isDetached: boolean;
  readonly validators: number | undefined;
  readonly workers: number | undefined;
  readonly portBase: number | undefined;
}

const LOG_LINES_DEFAULT = 100;
const home = { type: "string" } as const;
const flag = { type: "boolean", default: false } as const;

/** Reads the words after the program's name; `USAGE` where they mean nothing. */
export function parseCommandLine(words: readonly string[]): Command {
  const [name, ...rest] = words;
  const wantsHelp = rest.includes("--help") || rest.includes("-h");
  switch (name) {
    case undefined:
    case "--help":
    case "-h":
      return { kind: "help", page: "lamina" };
    case "help":
      return { kind: "help", page: rest[0] ?? "lamina" };
    case "--version":
    case "-V":
    case "version":
      return { kind: "version" };
    case "up":
    case "down":
    case "status":
    case "logs":
    case "reset":
    case "receipt":
      return wantsHelp ? { kind: "help", page: name } : PARSERS[name](rest);
    default:
      throw new CliError("USAGE", `no command ${JSON.stringify(name)}`, "./lamina --help lists them.");
  }
}

const PARSERS = { up: parseUp, down: parseDown, status: parseStatus, logs: parseLogs, reset: parseReset, receipt: parseReceipt };

function parseUp(words: string[]): Command {
  const { values } = read("up", () =>
    parseArgs({
      args: words,
      options: { home, once: flag, detach: flag, "is-detached": flag, validators: home, workers: home, "port-base": home },
    }),
  );
  if (values.once && values.detach) throw new CliError("USAGE", "--once ends when the table is printed, --detach stays", "Give one of them.");
  const portBase = whole("port-base", values["port-base"], 0, Number.MAX_SAFE_INTEGER);
  if (portBase !== undefined) portLayout(portBase);
  return {
    kind: "up",
    home: values.home,
    once: values.once,
    detach: values.detach,
    isDetached: values["is-detached"],
    validators: whole("validators", values.validators, 1, VALIDATORS_MAX),
    workers: whole("workers", values.workers, 1, WORKERS_MAX),
    portBase,
  };
}

function parseDown(words: string[]): Command {
  const { values } = read("down", () => parseArgs({ args: words, options: { home, "orphans-only": flag } }));
  return { kind: "down", home: values.home, orphansOnly: values["orphans-only"] };
}

function parseStatus(words: string[]): Command {
  const { values } = read("status", () => parseArgs({ args: words, options: { home, json: flag } }));
  return { kind: "status", home: values.home, json: values.json };
}

function parseLogs(words: string[]): Command {
  const options = { home, follow: { ...flag, short: "f" }, lines: { type: "string", short: "n" } } as const;
  const { values, positionals } = read("logs", () => parseArgs({ args: words, options, allowPositionals: true }));
  if (positionals.length > 1) throw new CliError("USAGE", `logs takes one name, found ${positionals.join(" ")}`, "./lamina logs lists the names.");
  const lines = whole("lines", values.lines, 0, 1_000_000) ?? LOG_LINES_DEFAULT;
  return { kind: "logs", home: values.home, name: positionals[0], follow: values.follow, lines };
}

function parseReset(words: string[]): Command {
  const { values } = read("reset", () => parseArgs({ args: words, options: { home } }));
  return { kind: "reset", home: values.home };
}

function parseReceipt(words: string[]): Command {
  const [action, ...rest] = words;
  if (action === "verify") return { kind: "receipt-verify", words: rest };
  if (action !== "get")
    throw new CliError("USAGE", `receipt does get or verify, found ${JSON.stringify(action)}`, "./lamina receipt --help tells more.");
  const options = { home, output: { type: "string", short: "o" }, "checkpoint-height": home } as const;
  const { values, positionals } = read("receipt", () => parseArgs({ args: rest, options, allowPositionals: true }));
  const [job, ...others] = positionals;
  if (job === undefined || others.length > 0 || values.output === undefined) {
    throw new CliError("USAGE", "receipt get takes one job id and -o FILE", "./lamina receipt --help tells more.");
  }
  const checkpointHeight = whole("checkpoint-height", values["checkpoint-height"], 1, Number.MAX_SAFE_INTEGER);
  return {
    kind: "receipt-get",
    home: values.home,
    job,
    output: values.output,
    checkpointHeight: checkpointHeight === undefined ? undefined : BigInt(checkpointHeight),
  };
}

function read<T>(command: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split(". ")[0] ?? "") : String(error);
    throw new CliError("USAGE", `${command}: ${reason}`, `./lamina ${command} --help lists its options.`, { cause: error });
  }
}

function whole(name: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `${least} to ${most}`;
  throw new CliError("USAGE", `expected --${name} ${range}, found ${JSON.stringify(text)}`, "Give a whole number.");
}
