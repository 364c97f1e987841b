import { fromBinary } from "@bufbuild/protobuf";
import {
  decodeJob,
  type Item,
  isElementType,
  JOB_BYTES,
  type Job,
  jobIdOfBytes,
  NO_PARAMETERS,
  REFERENCE_BYTES_MAX,
  tensorProblem,
} from "@lamina/codec";
import { bytesEqual, type ChainId, DecodeError, type JobId, SIGNATURE_BYTES, toHex } from "@lamina/primitives";
import { bus } from "@lamina/protocol";
import { type Refused, refuse } from "./refusal.ts";

const SALT_BYTES = 32;
const TENSORS_MAX = 32;

/** A request whose form is right; nothing of it is believed yet. */
export interface WorkOrder {
  readonly kind: "order";
  readonly job: Job;
  readonly jobId: JobId;
  /** Job id and model id in hex: keys of maps. */
  readonly jobKey: string;
  readonly modelKey: string;
  readonly jobSignature: Uint8Array;
  readonly salt: Uint8Array;
  readonly parameters: Uint8Array;
  readonly reference: Uint8Array;
  readonly items: readonly Item[];
  /** How long its sender waits, from receipt. */
  readonly deadlineMs: number;
}

/** Reads a `WorkRequest` from anybody: garbage is an answer, never a crash. */
export function readRequest(payload: Uint8Array, chainId: ChainId): WorkOrder | Refused {
  try {
    return orderOf(fromBinary(bus.WorkRequestSchema, payload), chainId);
  } catch (error) {
    // Protobuf's own errors are plain ones and tell nothing of use; our decoders' name the place.
    return malformed(error instanceof DecodeError ? error.message : "expected a WorkRequest, found other bytes");
  }
}

function orderOf(request: bus.WorkRequest, chainId: ChainId): WorkOrder | Refused {
  const { job: jobBytes, jobSignature, salt, parameters, reference } = request;
  if (jobBytes.length !== JOB_BYTES) return malformed(`job: expected ${JOB_BYTES} bytes, found ${jobBytes.length}`);
  if (jobSignature.length !== SIGNATURE_BYTES) return malformed(`job signature: expected ${SIGNATURE_BYTES} bytes, found ${jobSignature.length}`);
  if (salt.length !== SALT_BYTES) return malformed(`salt: expected ${SALT_BYTES} bytes, found ${salt.length}`);
  if (!bytesEqual(parameters, NO_PARAMETERS)) return malformed("parameters: expected none, since no task defines any");
  if (reference.length > REFERENCE_BYTES_MAX) return malformed(`reference: expected at most ${REFERENCE_BYTES_MAX} bytes, found ${reference.length}`);
  const job = decodeJob(jobBytes);
  if (job.items === 0 || request.items.length !== job.items)
    return malformed(`items: expected ${job.items}, at least 1, found ${request.items.length}`);
  const items: Item[] = [];
  for (const [index, item] of request.items.entries()) {
    const problem = itemProblem(item);
    if (problem !== undefined) return refuse(bus.WorkRefusal.BAD_INPUT, `item ${index}: ${problem}`);
    items.push(item.tensors as unknown as Item);
  }
  const deadlineMs = Number(request.deadlineMs);
  const jobId = jobIdOfBytes(chainId, jobBytes);
  const keys = { jobKey: toHex(jobId), modelKey: toHex(job.model) };
  return { kind: "order", job, jobId, ...keys, jobSignature, salt, parameters, reference, items, deadlineMs };
}

function itemProblem({ tensors }: bus.Item): string | undefined {
  if (tensors.length === 0 || tensors.length > TENSORS_MAX) return `expected 1..${TENSORS_MAX} tensors, found ${tensors.length}`;
  for (const [index, { type, dims, data }] of tensors.entries()) {
    if (!isElementType(type)) return `tensor ${index}: expected an element type, found ${type}`;
    const problem = tensorProblem({ type, dims, data });
    if (problem !== undefined) return `tensor ${index}: expected ${problem.expected}, found ${problem.found}`;
  }
  return undefined;
}

function malformed(message: string): Refused {
  return refuse(bus.WorkRefusal.MALFORMED, message);
}
