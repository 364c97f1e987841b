import { create, toBinary } from "@bufbuild/protobuf";
import {
  encodeJob,
  type Item,
  itemsCommitment,
  type Job,
  jobIdOfBytes,
  NO_PARAMETERS,
  privateCommitment,
  type Signer,
  signJobBytes,
} from "@lamina/codec";
import type { ChainId, JobId } from "@lamina/primitives";
import { bus } from "@lamina/protocol";
import type { SeededRng } from "@lamina/testing";

export interface MadeRequest {
  readonly job: Job;
  readonly jobId: JobId;
  readonly payload: Uint8Array;
  readonly message: bus.WorkRequest;
  readonly salt: Uint8Array;
}

export interface RequestTerms {
  readonly chainId: ChainId;
  readonly spender: Signer;
  /** All but `h`, which follows from the rest. */
  readonly job: Omit<Job, "h">;
  readonly items: readonly Item[];
  readonly reference?: Uint8Array;
}

/** A request as an honest gateway sends it. `spoil` changes the message after everything was signed. */
export function makeRequest(terms: RequestTerms, rng: SeededRng, spoil: (message: bus.WorkRequest) => void = () => undefined): MadeRequest {
  const { chainId, spender, items, reference = new Uint8Array() } = terms;
  const salt = rng.bytes(32);
  const inputCommitment = itemsCommitment(items, "input", salt);
  const h = privateCommitment({ salt, inputCommitment, parameters: NO_PARAMETERS, reference });
  const job: Job = { ...terms.job, h };
  const jobBytes = encodeJob(job);
  const jobId = jobIdOfBytes(chainId, jobBytes);
  const message = create(bus.WorkRequestSchema, {
    job: jobBytes,
    jobSignature: spender.sign(signJobBytes(chainId, jobId, job.settleBy)) as Uint8Array,
    salt,
    parameters: NO_PARAMETERS,
    reference,
    items: items.map((item) => ({ tensors: item.map(({ type, dims, data }) => ({ type, dims: [...dims], data })) })),
    deadlineMs: 1_000n,
  });
  spoil(message);
  return { job, jobId, payload: toBinary(bus.WorkRequestSchema, message), message, salt };
}
