import type { Env } from "@lamina/primitives";
import type { Checkout } from "./checkout.ts";
import type { Signals } from "./host/signals.ts";
import type { Reporter } from "./reporter.ts";

/** What `main.ts` gives to every command. */
export interface CliContext {
  readonly env: Env;
  readonly signals: Signals;
  readonly report: Reporter;
  readonly checkout: Checkout;
  readonly version: string;
  /** This process. */
  readonly pid: number;
  readonly callerUid: number;
  /** The state folder where the command line names none. */
  readonly defaultHome: string;
  /** Of the caller: file arguments are relative to it. */
  readonly workingFolder: string;
  /** The caller's whole environment, for tools that run on the caller's behalf, such as pip; no process of the network sees it. */
  readonly callerEnvironment: Readonly<Record<string, string>>;
  /** As the caller set it. */
  readonly databaseUrl: string | undefined;
  /** Aborts at Ctrl-C and SIGTERM. */
  readonly interrupted: AbortSignal;
}
