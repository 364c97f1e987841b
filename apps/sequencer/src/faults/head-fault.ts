import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { LogId } from "@lamina/codec";
import { type Digest, digest, publicKey, type Signature, signature } from "@lamina/primitives";
import { rollupTx } from "@lamina/protocol";

/** A log's head as its worker signed it; the signature was checked. */
export interface SignedHead {
  readonly log: LogId;
  /** Rows in the log. */
  readonly count: bigint;
  readonly head: Digest;
  readonly signature: Signature;
}

/** Two heads of one log and count, both signed: all that the chain needs to convict the worker (I16, T29). */
export interface HeadFault {
  readonly log: LogId;
  readonly count: bigint;
  readonly first: Pick<SignedHead, "head" | "signature">;
  readonly second: Pick<SignedHead, "head" | "signature">;
}

const { MsgReportHeadFaultSchema } = rollupTx;

/** The fault as the message that reports it; `reporter` is a bech32 account, empty in what is only kept. */
export function reportOf({ log, count, first, second }: HeadFault, reporter: string) {
  return create(MsgReportHeadFaultSchema, { reporter, ...log, count, first, second });
}

export function encodeFault(fault: HeadFault): Uint8Array {
  return toBinary(MsgReportHeadFaultSchema, reportOf(fault, ""));
}

/** Throws where the bytes are not `encodeFault`'s. */
export function decodeFault(bytes: Uint8Array): HeadFault {
  const { worker, level, param, incarnation, count, first, second } = fromBinary(MsgReportHeadFaultSchema, bytes);
  const log = { worker: publicKey(worker), level, param, incarnation };
  return { log, count, first: statementOf(first), second: statementOf(second) };
}

function statementOf(statement: rollupTx.HeadStatement | undefined) {
  const { head, signature: signed } = statement ?? { head: new Uint8Array(), signature: new Uint8Array() };
  return { head: digest(head), signature: signature(signed) };
}
