import { decodeJob, type Item, type Job, type PrivatePart, readBytes16, readStr8, writeBytes16, writeStr8 } from "@lamina/codec";
import { ByteReader, ByteWriter, digest, type JobId, jobId } from "@lamina/primitives";

/** A signed job, ready to be sent, and sent again: the same bytes make the same job, which is paid once (I4, T10). */
export interface PreparedJob {
  /** The worker's name on the bus. */
  readonly worker: string;
  readonly job: Job;
  readonly jobBytes: Uint8Array;
  readonly jobId: JobId;
  readonly jobIdHex: string;
  /** The spender's over `lamina/sign-job/1`. */
  readonly signature: Uint8Array;
  readonly private: PrivatePart;
  readonly items: readonly Item[];
}

const VERSION = 1;

/** Everything but the items, which are kept beside. */
export function encodePreparedJob(prepared: PreparedJob): Uint8Array {
  const writer = new ByteWriter().u8(VERSION);
  writeStr8(writer, prepared.worker);
  writer.fixed(prepared.jobBytes, 140).fixed(prepared.jobId, 32).fixed(prepared.signature, 64);
  writer.fixed(prepared.private.salt, 32).fixed(prepared.private.inputCommitment, 32);
  writeBytes16(writer, prepared.private.parameters);
  writeBytes16(writer, prepared.private.reference);
  return writer.finish();
}

/** Throws `DecodeError`. */
export function decodePreparedJob(bytes: Uint8Array, items: readonly Item[], toHexText: (id: JobId) => string): PreparedJob {
  const reader = new ByteReader(bytes);
  reader.u8();
  const worker = readStr8(reader, "worker");
  const jobBytes = reader.fixed(140, "job");
  const id = jobId(reader.fixed(32, "job id"));
  const signature = reader.fixed(64, "signature");
  const salt = reader.fixed(32, "salt");
  const inputCommitment = digest(reader.fixed(32, "input commitment"));
  const parameters = readBytes16(reader, "parameters");
  const reference = readBytes16(reader, "reference");
  reader.expectEnd();
  return {
    worker,
    job: decodeJob(jobBytes),
    jobBytes,
    jobId: id,
    jobIdHex: toHexText(id),
    signature,
    private: { salt, inputCommitment, parameters, reference },
    items,
  };
}
