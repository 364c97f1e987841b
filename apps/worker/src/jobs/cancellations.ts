import { fromBinary } from "@bufbuild/protobuf";
import { cancelBytes } from "@lamina/codec";
import { type ChainId, DIGEST_BYTES, type JobId, jobId, type PublicKey, SIGNATURE_BYTES, toHex } from "@lamina/primitives";
import { bus } from "@lamina/protocol";
import type { VerifyJob } from "./verify-job.ts";

/** What somebody says: that the spender no longer wants this job. Nothing of it is believed yet. */
export interface CancelClaim {
  readonly jobId: JobId;
  /** The job id in hex. */
  readonly jobKey: string;
  readonly settleBy: bigint;
  readonly signature: Uint8Array;
}

/** Claims about jobs that are not here yet, and claims about one of them: beyond it the oldest goes. */
const WAITING_JOBS_MAX = 1_024;
const WAITING_CLAIMS_MAX = 4;
const CANCELLED_MAX = 65_536;

/** Reads a `CancelRequest` from anybody; undefined for what is none. */
export function readCancel(payload: Uint8Array): CancelClaim | undefined {
  let request: bus.CancelRequest;
  try {
    request = fromBinary(bus.CancelRequestSchema, payload);
  } catch {
    // Protobuf's errors tell nothing of use, and whoever sent this gets no answer.
    return undefined;
  }
  const { settleBy, signature } = request;
  if (request.jobId.length !== DIGEST_BYTES || signature.length !== SIGNATURE_BYTES) return undefined;
  return { jobId: jobId(request.jobId), jobKey: toHex(request.jobId), settleBy, signature };
}

/**
 * Jobs that their spender took back: they are not run any more, whoever sends them, until the height behind which no row of theirs could be paid. A
 * claim counts once the spender's signature over it was checked; one that comes before its job waits for it, a few at a time (T27).
 */
export class Cancellations {
  readonly #chainId: ChainId;
  readonly #verify: VerifyJob;
  readonly #waiting = new Map<string, readonly CancelClaim[]>();
  /** By job key: the job's `settle_by`. */
  readonly #cancelled = new Map<string, bigint>();

  constructor(options: { readonly chainId: ChainId }, dependencies: { readonly verify: VerifyJob }) {
    this.#chainId = options.chainId;
    this.#verify = dependencies.verify;
  }

  has(jobKey: string): boolean {
    return this.#cancelled.has(jobKey);
  }

  /** True where something was said of the job that was not checked yet. */
  isClaimed(jobKey: string): boolean {
    return this.#waiting.has(jobKey);
  }

  /** Keeps a claim about a job whose spender is not known yet. */
  wait(claim: CancelClaim): void {
    const before = this.#waiting.get(claim.jobKey) ?? [];
    this.#waiting.delete(claim.jobKey);
    this.#waiting.set(claim.jobKey, [...before, claim].slice(-WAITING_CLAIMS_MAX));
    dropOldest(this.#waiting, WAITING_JOBS_MAX);
  }

  /** True where the claim is the spender's word about this job; from then on `has` is true of it. */
  async accept(claim: CancelClaim, spender: PublicKey, settleBy: bigint): Promise<boolean> {
    if (claim.settleBy !== settleBy) return false;
    if (!(await this.#verify(spender, cancelBytes(this.#chainId, claim.jobId, settleBy), claim.signature))) return false;
    this.#cancelled.set(claim.jobKey, settleBy);
    dropOldest(this.#cancelled, CANCELLED_MAX);
    return true;
  }

  /** Looks at what was claimed of a job before it came. */
  async settle(jobKey: string, spender: PublicKey, settleBy: bigint): Promise<void> {
    const claims = this.#waiting.get(jobKey) ?? [];
    this.#waiting.delete(jobKey);
    for (const claim of claims) if (await this.accept(claim, spender, settleBy)) return;
  }

  /** Jobs that must settle before `height` cannot be paid any more: nobody will run them anyway. */
  forgetBefore(height: bigint): void {
    for (const [jobKey, settleBy] of this.#cancelled) if (settleBy < height) this.#cancelled.delete(jobKey);
  }
}

function dropOldest(entries: Map<string, unknown>, entriesMax: number): void {
  if (entries.size <= entriesMax) return;
  const oldest = entries.keys().next();
  if (oldest.done !== true) entries.delete(oldest.value);
}
