import { BaseError } from "@lamina/primitives";

/** A request that the listing does not understand; names the parameter. */
export class QueryError extends BaseError<"QUERY"> {
  readonly details: { readonly parameter: string; readonly expected: string; readonly found: string };
  constructor(parameter: string, expected: string, found: string) {
    super("QUERY", `${parameter}: expected ${expected}, found ${JSON.stringify(found.slice(0, 80))}`);
    this.details = { parameter, expected, found };
  }
}
