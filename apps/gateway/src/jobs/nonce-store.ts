import { DatabaseError, type Sql } from "@lamina/db";
import type { NonceStore } from "./nonce-ranges.ts";

/** Nonce cursors in Postgres: one statement takes a range, and its commit is durable before the first nonce of it is used. An epoch's last few nonces, fewer than a range, are never given. */
export function nonceStore(sql: Sql): NonceStore {
  return {
    take: async (lane, epoch, count, noncesPerEpoch) => {
      if (count > noncesPerEpoch) return undefined;
      try {
        const [row] = await sql<{ first: number }[]>`
          insert into gateway.nonce_cursors as cursor (lane, epoch, next) values (${lane}, ${epoch}, ${count})
          on conflict (lane, epoch) do update set next = cursor.next + ${count} where cursor.next + ${count} <= ${noncesPerEpoch}
          returning next - ${count}::int as first`;
        return row?.first;
      } catch (error) {
        throw new DatabaseError("taking a range of nonces", error);
      }
    },
  };
}
