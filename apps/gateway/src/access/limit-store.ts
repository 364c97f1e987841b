import { DatabaseError, type Sql } from "@lamina/db";
import type { Presence } from "./presence.ts";
import type { Principal } from "./principal.ts";

/** What gateways of one database share of a key's limits. Methods throw `DatabaseError`. */
export interface LimitStore {
  /** Takes up to `count` requests of the key's bucket, which fills at its rate and holds a quarter of a minute's. */
  takeRequests(principal: Principal, count: number): Promise<number>;
  /** Takes `count` of the key's places, all or none. */
  takePlaces(principal: Principal, count: number): Promise<boolean>;
  givePlaces(keyId: string, count: number): Promise<void>;
}

/** A key may use this part of its minute at once. */
const BURST_SHARE = 0.25;
const SECONDS_A_MINUTE = 60;

export function limitStore({ sql, presence }: { readonly sql: Sql; readonly presence: Pick<Presence, "id"> }): LimitStore {
  const known = new Set<string>();
  /** A key's line, made at its first use. */
  const ensure = async (principal: Principal) => {
    const { keyId, organisationId } = principal;
    if (known.has(keyId)) return;
    const capacity = capacityOf(principal);
    await sql`insert into gateway.key_usage (key_id, organisation_id, tokens) values (${keyId}, ${organisationId}, ${capacity}) on conflict do nothing`;
    known.add(keyId);
  };
  return {
    takeRequests: (principal, count) =>
      naming("counting requests", async () => {
        await ensure(principal);
        const [capacity, perSecond] = [capacityOf(principal), principal.requestsPerMinute / SECONDS_A_MINUTE];
        // The lock makes gateways take turns, so the clock is read behind it.
        const [row] = await sql<{ taken: number }[]>`
          with locked as (
            select key_id, tokens, filled_at from gateway.key_usage where key_id = ${principal.keyId} for update
          ), bucket as (
            select key_id, least(${capacity}::float8, tokens + greatest(0, extract(epoch from clock_timestamp() - filled_at)::float8) * ${perSecond}::float8)
              as available from locked
          )
          update gateway.key_usage usage set tokens = available - least(${count}::int, floor(available)::int), filled_at = greatest(filled_at, clock_timestamp())
          from bucket where usage.key_id = bucket.key_id returning least(${count}::int, floor(available)::int) as taken`;
        return row?.taken ?? 0;
      }),
    takePlaces: (principal, count) =>
      naming("taking places", async () => {
        await ensure(principal);
        const rows = await sql`
          with taken as (
            update gateway.key_usage set places = places + ${count} where key_id = ${principal.keyId} and places + ${count} <= ${principal.concurrencyMax}
            returning key_id, organisation_id
          )
          insert into gateway.place_leases as lease (instance_id, key_id, organisation_id, places)
          select ${presence.id}, key_id, organisation_id, ${count}::int from taken
          on conflict (instance_id, key_id) do update set places = lease.places + ${count} returning 1 as granted`;
        return rows.length === 1;
      }),
    givePlaces: (keyId, count) =>
      naming("giving places back", async () => {
        await sql`
          with given as (
            update gateway.place_leases set places = places - ${count} where instance_id = ${presence.id} and key_id = ${keyId} and places >= ${count} returning key_id
          )
          update gateway.key_usage usage set places = greatest(0, usage.places - ${count}) from given where usage.key_id = given.key_id`;
      }),
  };
}

function capacityOf({ requestsPerMinute }: Principal): number {
  return Math.max(1, requestsPerMinute * BURST_SHARE);
}

async function naming<T>(operation: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new DatabaseError(operation, error);
  }
}
