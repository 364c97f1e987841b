import { BaseError } from "@lamina/primitives";

/** A configured model cannot be served: its files, its graph or the chain say otherwise. */
export class ModelRefusedError extends BaseError<"MODEL_REFUSED"> {
  readonly details: { readonly model: string; readonly expected: string; readonly found: string };
  constructor(details: { model: string; expected: string; found: string }, options?: ErrorOptions) {
    super("MODEL_REFUSED", `model ${details.model}: expected ${details.expected}, found ${details.found}`, options);
    this.details = details;
  }
}
