import { BaseError } from "@lamina/primitives";

/** A model could not be brought into being; `remedy` tells what to do about it. */
export class ModelBuildError extends BaseError<"MODEL_BUILD_FAILED"> {
  readonly details: { readonly model: string; readonly reason: string; readonly remedy: string };
  constructor(details: { model: string; reason: string; remedy: string }, options?: ErrorOptions) {
    super("MODEL_BUILD_FAILED", `cannot build model ${details.model}: ${details.reason}; ${details.remedy}`, options);
    this.details = details;
  }
}
