import { BaseError } from "@lamina/primitives";

export type CliErrorCode =
  | "USAGE"
  | "NOT_BUILT"
  | "PORT_TAKEN"
  | "DISK_FULL"
  | "STALE_STATE"
  | "NOT_WRITABLE"
  | "ALREADY_RUNNING"
  | "NOT_RUNNING"
  | "PROCESS_FAILED"
  | "DATABASE_REFUSED"
  | "NO_ACCOUNT"
  | "UNKNOWN_NAME";

/** What stops a command, as its user reads it: one line that names the problem (expected and found), then the remedy. */
export class CliError extends BaseError<CliErrorCode> {
  readonly details: { readonly problem: string; readonly remedy: string };

  constructor(code: CliErrorCode, problem: string, remedy: string, options?: ErrorOptions) {
    super(code, `${problem}. ${remedy}`, options);
    this.details = { problem, remedy };
  }

  /** 2 for a command line that cannot be read, 1 for everything else. */
  get exitCode(): number {
    return this.code === "USAGE" ? 2 : 1;
  }
}
