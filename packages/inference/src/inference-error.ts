import { describeRefusal, type Refusal } from "@lamina/onnx";
import { BaseError } from "@lamina/primitives";

/** The item is not what the profile asks for. */
export class InvalidItemError extends BaseError<"INVALID_ITEM"> {
  readonly details: { readonly tensor: string; readonly expected: string; readonly found: string };
  constructor(details: { tensor: string; expected: string; found: string }, options?: ErrorOptions) {
    super("INVALID_ITEM", `${details.tensor}: expected ${details.expected}, found ${details.found}`, options);
    this.details = details;
  }
}

/** The model has no such profile. */
export class UnknownProfileError extends BaseError<"UNKNOWN_PROFILE"> {
  readonly details: { readonly model: string; readonly profile: number; readonly known: readonly number[] };
  constructor(details: { model: string; profile: number; known: readonly number[] }) {
    super("UNKNOWN_PROFILE", `${details.model} has profiles ${details.known.join(", ")}, not ${details.profile}`);
    this.details = details;
  }
}

/** Too much waits already, or the host is draining. */
export class BusyError extends BaseError<"BUSY"> {
  override readonly retryable = true;
  readonly details: { readonly model: string; readonly reason: string };
  constructor(details: { model: string; reason: string }) {
    super("BUSY", `${details.model}: ${details.reason}`);
    this.details = details;
  }
}

/** The run did not end in its time; where it was running, its child was killed (T23). */
export class DeadlineError extends BaseError<"DEADLINE"> {
  override readonly retryable = true;
  readonly details: { readonly model: string; readonly budgetMs: number; readonly phase: "waiting" | "running" | "loading" };
  constructor(details: { model: string; budgetMs: number; phase: "waiting" | "running" | "loading" }) {
    super("DEADLINE", `${details.model}: ${details.phase} for longer than ${details.budgetMs} ms`);
    this.details = details;
  }
}

/** The process that ran the model ended, or said what it must not. The same run may succeed in a fresh one. */
export class ChildLostError extends BaseError<"CHILD_LOST"> {
  override readonly retryable = true;
  readonly details: { readonly model: string; readonly reason: string };
  constructor(details: { model: string; reason: string }, options?: ErrorOptions) {
    super("CHILD_LOST", `${details.model}: inference process lost: ${details.reason}`, options);
    this.details = details;
  }
}

/** The gate refused the file: the runtime has not seen it. */
export class ModelRefusedError extends BaseError<"MODEL_REFUSED"> {
  readonly details: { readonly model: string; readonly refusal: Refusal };
  constructor(details: { model: string; refusal: Refusal }) {
    super("MODEL_REFUSED", `${details.model} is refused: ${describeRefusal(details.refusal)}`);
    this.details = details;
  }
}

/** The runtime refused the model. */
export class LoadError extends BaseError<"LOAD_FAILED"> {
  readonly details: { readonly model: string; readonly reason: string };
  constructor(details: { model: string; reason: string }, options?: ErrorOptions) {
    super("LOAD_FAILED", `${details.model}: cannot be loaded: ${details.reason}`, options);
    this.details = details;
  }
}

/** The runtime refused the run: the model and these inputs do not go together. */
export class RunError extends BaseError<"RUN_FAILED"> {
  readonly details: { readonly model: string; readonly reason: string };
  constructor(details: { model: string; reason: string }, options?: ErrorOptions) {
    super("RUN_FAILED", `${details.model}: run failed: ${details.reason}`, options);
    this.details = details;
  }
}

/** The configured execution provider cannot be used here. */
export class ProviderError extends BaseError<"PROVIDER_UNAVAILABLE"> {
  readonly details: { readonly provider: string; readonly reason: string };
  constructor(details: { provider: string; reason: string }, options?: ErrorOptions) {
    super("PROVIDER_UNAVAILABLE", `execution provider ${details.provider} cannot be loaded: ${details.reason}`, options);
    this.details = details;
  }
}
