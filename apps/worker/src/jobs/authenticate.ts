import { itemsCommitment, privateCommitment, signJobBytes } from "@lamina/codec";
import { bytesEqual, type ChainId, type PublicKey } from "@lamina/primitives";
import { bus } from "@lamina/protocol";
import type { WorkOrder } from "./read-request.ts";
import { type Refused, refuse } from "./refusal.ts";
import type { VerifyJob } from "./verify-job.ts";

const { WorkRefusal } = bus;

/**
 * Why a request is not what the lane's spender signed, or undefined: the signature over the job's id, and the inputs, parameters and reference that the
 * job commits to (T27, T66). Only who holds the private part passes, so a stored result is given to nobody else.
 */
export async function authenticityProblem(order: WorkOrder, spender: PublicKey, chainId: ChainId, verify: VerifyJob): Promise<Refused | undefined> {
  const { job, jobId, jobSignature } = order;
  const verdict = verify(spender, signJobBytes(chainId, jobId, job.settleBy), jobSignature);
  // Checked while a thread of the pool looks at the signature.
  const isCommitted = bytesEqual(commitmentOf(order), job.h);
  if (!(typeof verdict === "boolean" ? verdict : await verdict)) {
    return refuse(WorkRefusal.BAD_SIGNATURE, `the job is not signed by the spender of lane ${job.lane}`);
  }
  return isCommitted ? undefined : refuse(WorkRefusal.BAD_INPUT, "the private part is not the one that the job commits to");
}

function commitmentOf({ salt, items, parameters, reference }: WorkOrder): Uint8Array {
  return privateCommitment({ salt, inputCommitment: itemsCommitment(items, "input", salt), parameters, reference });
}
