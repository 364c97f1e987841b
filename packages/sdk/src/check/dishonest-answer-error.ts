import { BaseError } from "@lamina/primitives";

/** Which of the job's fields is not what was asked, or which proof fails. */
export type AnswerFault =
  | "receipt"
  | "chain"
  | "job"
  | "model"
  | "level"
  | "reference"
  | "items"
  | "input"
  | "output"
  | "units"
  | "charge"
  | "signature";

/**
 * The gateway or the worker showed something else than what was asked for and signed: a downgraded level, another input or model, an answer that is not
 * the signed one, a job that was sold before (T75). The answer is withheld; `receipt` is what they signed, to be kept as evidence.
 */
export class DishonestAnswerError extends BaseError<"DISHONEST_ANSWER"> {
  readonly details: { readonly fault: AnswerFault; readonly expected: string; readonly found: string; readonly jobId: string };
  /** As it came, empty where none came. */
  readonly receipt: Uint8Array;
  constructor(problem: { readonly fault: AnswerFault; readonly expected: string; readonly found: string }, jobId: string, receipt: Uint8Array) {
    super("DISHONEST_ANSWER", `job ${jobId}: ${problem.fault}: expected ${problem.expected}, found ${problem.found}`);
    this.details = { ...problem, jobId };
    this.receipt = receipt;
  }
}

/** The answer could not be held against the receipt, and is withheld for that: a way to check it is missing. */
export class UncheckableAnswerError extends BaseError<"UNCHECKABLE_ANSWER"> {
  readonly details: { readonly jobId: string; readonly missing: string };
  constructor(jobId: string, missing: string) {
    super("UNCHECKABLE_ANSWER", `job ${jobId} cannot be checked: ${missing}`);
    this.details = { jobId, missing };
  }
}
