import { create, toBinary } from "@bufbuild/protobuf";
import { cancelBytes } from "@lamina/codec";
import type { ChainId } from "@lamina/primitives";
import { bus } from "@lamina/protocol";
import type { PreparedJob } from "./prepared-job.ts";
import type { SpenderSigner } from "./spender-keys.ts";

/** The spender's word that a job is no longer wanted, as its worker takes it. Source: docs/spec/encoding.md, `lamina/cancel/1`. */
export function cancelRequest(chainId: ChainId, { jobId, job }: Pick<PreparedJob, "jobId" | "job">, spender: SpenderSigner): Uint8Array {
  const { settleBy } = job;
  const signature = spender.sign(cancelBytes(chainId, jobId, settleBy));
  return toBinary(bus.CancelRequestSchema, create(bus.CancelRequestSchema, { jobId, settleBy, signature }));
}
