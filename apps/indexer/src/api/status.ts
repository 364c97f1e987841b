import type { Sql } from "@lamina/db";
import { logRoot } from "@lamina/merkle";
import { type Digest, toHex } from "@lamina/primitives";

/** How the follower of this process stands. */
export interface FollowerStatus {
  readonly chainId: string;
  /** The node's latest height, as last heard. */
  readonly chainHeight: bigint;
  readonly isFollowing: boolean;
}

/** What `/index/v1/status` answers. The root is that of the final log as this index rebuilt it, to hold against the chain's own peaks. */
export async function indexStatus(sql: Sql, { chainId, chainHeight, isFollowing }: FollowerStatus) {
  const [line] = await sql<{ height: bigint; time: Date; block_hash: string; violations: bigint; final_log_peaks: Buffer; size: bigint }[]>`
    select s.height, s.time, s.block_hash, s.violations, f.final_log_peaks,
      (select coalesce(max(final_log_index) + 1, 0) from index.blocks) as size
    from index.v1_status s cross join index.follower f`;
  const peaks = Array.from({ length: (line?.final_log_peaks.length ?? 0) / 32 }, (_, at) => {
    return new Uint8Array(line?.final_log_peaks.subarray(32 * at, 32 * at + 32) ?? []) as Digest;
  });
  const height = line?.height ?? 0n;
  return {
    chain_id: chainId,
    height: `${height}`,
    time: line?.time.toISOString() ?? null,
    block_hash: line?.block_hash ?? null,
    chain_height: `${chainHeight}`,
    heights_behind: `${chainHeight > height ? chainHeight - height : 0n}`,
    is_following: isFollowing,
    violations: `${line?.violations ?? 0n}`,
    final_log: { size: `${line?.size ?? 0n}`, root: toHex(logRoot(peaks)) },
  };
}
