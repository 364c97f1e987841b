import { BaseError } from "@lamina/primitives";

/** The values do not make a configuration that may be run. */
export class ServerConfigError extends BaseError<"SERVER_CONFIG"> {
  readonly details: { readonly expected: string; readonly found: string };
  constructor(details: { expected: string; found: string }) {
    super("SERVER_CONFIG", `expected ${details.expected}, found ${details.found}`);
    this.details = details;
  }
}
