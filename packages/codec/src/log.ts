import { ByteWriter, type ChainId, type Digest, type PublicKey } from "@lamina/primitives";
import { chainIdBytes, taggedHash } from "./hash.ts";
import { type Row, rowLeafHash } from "./row.ts";

/** One result log: its name in every statement about it. Source: docs/spec/log.md. */
export interface LogId {
  readonly worker: PublicKey;
  readonly level: number;
  readonly param: number;
  readonly incarnation: number;
}

/** `head(0)`. */
export function startHead(chainId: ChainId, log: LogId): Digest {
  const body = new ByteWriter().fixed(log.worker, 32).u8(log.level).u8(log.param).u32(log.incarnation).finish();
  return taggedHash("lamina/log-start/1", chainIdBytes(chainId), body);
}

/** `head(i + 1)` from `head(i)` and the leaf hash of row i. */
export function nextHead(head: Uint8Array, leafHash: Uint8Array): Digest {
  return taggedHash("lamina/log/1", head, leafHash);
}

/** The head after `leafHashes`, in order. */
export function headAfter(previousHead: Digest, leafHashes: Iterable<Uint8Array>): Digest {
  let head = previousHead;
  for (const leafHash of leafHashes) head = nextHead(head, leafHash);
  return head;
}

/** The head after `rows`, in order. */
export function headAfterRows(previousHead: Digest, rows: readonly Row[]): Digest {
  return headAfter(previousHead, rows.map(rowLeafHash));
}
