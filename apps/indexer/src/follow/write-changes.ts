import type { CommittedBlock } from "@lamina/chain-client";
import type { Transaction } from "@lamina/db";
import type { FinalChange, HeightChanges, Line } from "./changes.ts";

/** How far the index has come, and the numbers of the next lines. */
export interface FollowerState {
  readonly chainId: string;
  readonly height: bigint;
  readonly nextResult: bigint;
  readonly nextTransfer: bigint;
  readonly nextFault: bigint;
}

/** Lines that a later height replaces, by their keys. */
const KEYS = {
  operators: ["operator_id"],
  signing_keys: ["signing_key"],
  models: ["model_id"],
  lanes: ["lane"],
} as const;

/** Writes a height whole, its cursor included, in the caller's transaction (T57). Gives the state after it. */
export async function writeChanges(sql: Transaction, block: CommittedBlock, changes: HeightChanges, before: FollowerState): Promise<FollowerState> {
  await upsert(sql, "operators", changes.operators, KEYS.operators);
  await insertNew(sql, "signing_keys", changes.signingKeys);
  await insertNew(sql, "models", changes.models);
  await insert(sql, "model_versions", changes.modelVersions);
  await upsert(sql, "lanes", changes.lanes, KEYS.lanes);
  await insert(sql, "terms", changes.terms);
  await insert(sql, "batches", changes.batches);
  await insert(sql, "blocks", changes.blocks);
  await insert(sql, "results", numbered(changes.results, before.nextResult));
  await insert(sql, "transfers", numbered(changes.transfers, before.nextTransfer));
  await insert(sql, "faults", numbered(changes.faults, before.nextFault));
  for (const final of changes.finals) await writeFinal(sql, final);
  const after: FollowerState = {
    chainId: block.chainId,
    height: block.height,
    nextResult: before.nextResult + BigInt(changes.results.length),
    nextTransfer: before.nextTransfer + BigInt(changes.transfers.length),
    nextFault: before.nextFault + BigInt(changes.faults.length),
  };
  await writeFollower(sql, after, block.timeMs);
  return after;
}

function numbered(lines: readonly Line[], first: bigint): Line[] {
  return lines.map((line, index) => ({ id: `${first + BigInt(index)}`, ...line }));
}

async function insert(sql: Transaction, table: string, lines: readonly Line[]): Promise<void> {
  if (lines.length === 0) return;
  const into = sql(`index.${table}`);
  await sql`insert into ${into} select * from jsonb_populate_recordset(null::${into}, ${sql.json(lines as never)})`;
}

/** For what never changes once it is there. */
async function insertNew(sql: Transaction, table: string, lines: readonly Line[]): Promise<void> {
  if (lines.length === 0) return;
  const into = sql(`index.${table}`);
  await sql`insert into ${into} select * from jsonb_populate_recordset(null::${into}, ${sql.json(lines as never)}) on conflict do nothing`;
}

/** The last of several lines of one key wins, as the chain told them in order. */
async function upsert(sql: Transaction, table: string, lines: readonly Line[], key: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  const last = new Map(lines.map((line) => [key.map((column) => String(line[column])).join("/"), line]));
  const into = sql(`index.${table}`);
  const columns = Object.keys(lines[0] ?? {}).filter((column) => !key.includes(column));
  const sets = columns.map((column) => sql`${sql(column)} = excluded.${sql(column)}`);
  const joined = sets.reduce((text, set) => sql`${text}, ${set}`);
  await sql`insert into ${into} select * from jsonb_populate_recordset(null::${into}, ${sql.json([...last.values()] as never)})
    on conflict (${sql([...key])}) do update set ${joined}`;
}

async function writeFinal(sql: Transaction, { kind, term, number, line, outcomes }: FinalChange): Promise<void> {
  const place = sql`kind = ${kind} and term = ${term}::numeric and number = ${number}::numeric`;
  await sql`update index.blocks set (final_height, refunded_ulam, final_log_index, final_record, exceptions) =
    (select final_height, refunded_ulam, final_log_index, final_record, exceptions
     from jsonb_populate_record(null::index.blocks, ${sql.json(line as never)})) where ${place}`;
  for (const { first, count, outcome, reason } of outcomes) {
    await sql`update index.results set outcome = ${outcome}, reason = ${reason} where ${place} and position >= ${first} and position < ${first + count}`;
  }
}

async function writeFollower(
  sql: Transaction,
  { chainId, height, nextResult, nextTransfer, nextFault }: FollowerState,
  timeMs: number,
): Promise<void> {
  const time = new Date(timeMs).toISOString();
  await sql`insert into index.follower (id, chain_id, height, time, next_result, next_transfer, next_fault)
    values (1, ${chainId}, ${height}, ${time}, ${nextResult}, ${nextTransfer}, ${nextFault})
    on conflict (id) do update set height = excluded.height, time = excluded.time, next_result = excluded.next_result,
      next_transfer = excluded.next_transfer, next_fault = excluded.next_fault`;
}
