import type { Transaction } from "@lamina/db";
import type { ResultColumns } from "./result-columns.ts";

/**
 * Adds lines of `results`. Columns travel as one array literal each and digests as one string of bytes that the server cuts: little to write and to
 * parse on both sides, and unlike COPY a refusal is an ordinary error.
 */
export async function writeResults(sql: Transaction, columns: ResultColumns): Promise<void> {
  if (columns.count === 0) return;
  await sql`
    insert into index.results (id, block_id, key_id, lane, model_no, log_index, incarnation, nonce, profile, items, unit_price_ulam, ceiling_ulam,
      settle_by, units, charge_ulam, is_signed, outcome, reason, job_id, h, output)
    select id, block_id, key_id, lane, model_no, log_index, incarnation, nonce, profile, items, unit_price_ulam, ceiling_ulam,
      settle_by, units, charge_ulam, is_signed, outcome, reason,
      substr(${columns.jobIds.bytes}, from_byte, 32), substr(${columns.hs.bytes}, from_byte, 32), substr(${columns.outputs.bytes}, from_byte, 32)
    from (
      select *, (32 * (place - 1) + 1)::integer as from_byte
      from unnest(${array(columns.ids)}::text::bigint[], ${array(columns.blockIds)}::text::bigint[], ${array(columns.keyIds)}::text::integer[],
        ${array(columns.lanes)}::text::bigint[], ${array(columns.modelNos)}::text::integer[], ${array(columns.logIndices)}::text::numeric[],
        ${array(columns.incarnations)}::text::bigint[], ${array(columns.nonces)}::text::bigint[], ${array(columns.profiles)}::text::integer[],
        ${array(columns.items)}::text::bigint[], ${array(columns.unitPrices)}::text::numeric[], ${array(columns.ceilings)}::text::numeric[],
        ${array(columns.settleBys)}::text::numeric[], ${array(columns.units)}::text::numeric[], ${array(columns.charges)}::text::numeric[],
        ${array(columns.signed)}::text::boolean[], ${array(columns.outcomes)}::text::text[], ${array(columns.reasons)}::text::text[])
      with ordinality as line (id, block_id, key_id, lane, model_no, log_index, incarnation, nonce, profile, items, unit_price_ulam, ceiling_ulam,
        settle_by, units, charge_ulam, is_signed, outcome, reason, place)
    ) as lines`;
}

/** Postgres' array literal of values that need no quotes: numbers, `t` and `f`, words of the specification. */
function array(values: readonly (string | number)[]): string {
  return `{${values.join(",")}}`;
}
