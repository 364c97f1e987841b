import type { Sql, Transaction } from "@lamina/db";
import { type ChainId, concatBytes, type Env } from "@lamina/primitives";
import type { Changes, FinalChange, Line } from "./changes.ts";
import { CursorMovedError } from "./index-state-error.ts";
import type { Ledger } from "./ledger.ts";
import { writeResults } from "./write-results.ts";

/** Heights decoded one after another, and the ledger as the last of them leaves it. */
export interface Group {
  readonly changes: Changes;
  /** Height that the database must stand at before. */
  readonly before: bigint;
  readonly cursor: Cursor;
  readonly lanes: readonly Line[];
  readonly deposits: readonly Line[];
}

interface Cursor {
  readonly height: bigint;
  readonly time: string;
  readonly blockHash: Uint8Array;
  readonly next: Readonly<Record<string, string>>;
  readonly finalLogPeaks: Uint8Array;
}

/** Takes from the ledger what a group's transaction writes of it: the ledger moves on while the group waits for its turn. */
export function sealGroup(changes: Changes, ledger: Ledger, before: bigint): Group {
  const moved = [...changes.movedLanes].flatMap((id) => {
    const lane = ledger.lanes.get(id);
    return lane === undefined ? [] : [{ lane: `${id}`, balance_ulam: `${lane.balance}` }];
  });
  const deposits = [...changes.movedPayers].flatMap((payer) => {
    const deposit = ledger.deposits.get(payer);
    return deposit === undefined ? [] : [{ payer, free_ulam: `${deposit.free}`, leaving_ulam: `${deposit.leaving}` }];
  });
  const cursor: Cursor = {
    height: ledger.height,
    time: new Date(ledger.timeMs).toISOString(),
    blockHash: ledger.hash,
    next: Object.fromEntries(Object.entries(ledger.next).map(([table, next]) => [table, `${next}`])),
    finalLogPeaks: concatBytes(...ledger.finalLog.peaks),
  };
  return { changes, before, cursor, lanes: moved, deposits };
}

/**
 * Writes whole heights, their cursor included, in one transaction: nothing skipped, nothing twice, whatever dies when (T57). Throws
 * `CursorMovedError` where the database does not stand at the height before. Gives how many violations it added.
 */
export async function writeGroup(sql: Sql, env: Pick<Env, "step">, chainId: ChainId, group: Group): Promise<number> {
  return sql.begin(async (transaction) => {
    await moveCursor(transaction, chainId, group);
    const { changes } = group;
    await upsert(transaction, "operators", changes.operators, "operator_id");
    await insert(transaction, "signing_keys", changes.signingKeys);
    await insert(transaction, "models", changes.models);
    await insert(transaction, "model_versions", changes.modelVersions);
    await upsert(transaction, "lanes", changes.lanes, "lane");
    await insert(transaction, "terms", changes.terms);
    await insert(transaction, "batches", changes.batches);
    await insert(transaction, "blocks", changes.blocks);
    await insert(transaction, "runs", changes.runs);
    await writeResults(transaction, changes.results);
    await env.step("indexer.group.results-written");
    await insert(transaction, "transfers", changes.transfers);
    await insert(transaction, "faults", changes.faults);
    await setBalances(transaction, group.lanes);
    await upsert(transaction, "deposits", group.deposits, "payer");
    await writeFinals(transaction, changes.finals);
    await insert(transaction, "violations", distinct(changes.violations));
    const found = await addFoundViolations(transaction, changes);
    await env.step("indexer.group.before-commit");
    return changes.violations.length + found;
  });
}

/** First of all, so that two indexers of one database meet here: the second waits, and then finds the cursor moved. */
async function moveCursor(sql: Transaction, chainId: ChainId, { before, cursor }: Group): Promise<void> {
  const { height, time, blockHash, next, finalLogPeaks } = cursor;
  await sql`select pg_advisory_xact_lock(hashtext('lamina index'))`;
  const [found] = await sql<{ height: bigint }[]>`select height from index.follower where id = 1`;
  if (found !== undefined && found.height !== before) throw new CursorMovedError(before, found.height);
  await sql`insert into index.follower (id, chain_id, height, time, block_hash, next, final_log_peaks)
    values (1, ${chainId}, ${height}, ${time}, ${Buffer.from(blockHash)}, ${sql.json(next)}, ${Buffer.from(finalLogPeaks)})
    on conflict (id) do update set height = excluded.height, time = excluded.time, block_hash = excluded.block_hash, next = excluded.next,
      final_log_peaks = excluded.final_log_peaks`;
}

async function insert(sql: Transaction, table: string, lines: readonly Line[]): Promise<void> {
  if (lines.length === 0) return;
  const into = sql(`index.${table}`);
  await sql`insert into ${into} select * from jsonb_populate_recordset(null::${into}, ${sql.json(lines as never)})`;
}

/** The last of several lines of one key wins, as the chain told them in order. */
async function upsert(sql: Transaction, table: string, lines: readonly Line[], key: string): Promise<void> {
  if (lines.length === 0) return;
  const last = new Map(lines.map((line) => [String(line[key]), line]));
  const into = sql(`index.${table}`);
  const columns = Object.keys(lines[0] ?? {}).filter((column) => column !== key);
  const sets = columns.map((column) => sql`${sql(column)} = excluded.${sql(column)}`).reduce((text, set) => sql`${text}, ${set}`);
  await sql`insert into ${into} select * from jsonb_populate_recordset(null::${into}, ${sql.json([...last.values()] as never)})
    on conflict (${sql(key)}) do update set ${sets}`;
}

async function setBalances(sql: Transaction, lanes: readonly Line[]): Promise<void> {
  if (lanes.length === 0) return;
  await sql`update index.lanes set balance_ulam = moved.balance_ulam
    from jsonb_populate_recordset(null::index.lanes, ${sql.json(lanes as never)}) as moved where lanes.lane = moved.lane`;
}

async function writeFinals(sql: Transaction, finals: readonly FinalChange[]): Promise<void> {
  if (finals.length === 0) return;
  const lines = finals.map(({ id, line }) => ({ id: `${id}`, ...line }));
  await sql`update index.blocks set final_height = told.final_height, refunded_ulam = told.refunded_ulam, workers_paid_ulam = told.workers_paid_ulam,
      sequencer_paid_ulam = told.sequencer_paid_ulam, protocol_paid_ulam = told.protocol_paid_ulam, final_log_index = told.final_log_index,
      final_record = told.final_record, exceptions = told.exceptions
    from jsonb_populate_recordset(null::index.blocks, ${sql.json(lines as never)}) as told where blocks.id = told.id`;
  for (const { outcomes } of finals) {
    for (const { first, last, outcome, reason } of outcomes) {
      await sql`update index.results set outcome = ${outcome}, reason = ${reason} where id between ${first} and ${last}`;
    }
  }
}

/** One line for each height, invariant and subject. */
function distinct(lines: readonly Line[]): Line[] {
  return [...new Map(lines.map((line) => [`${line["height"]} ${line["invariant"]} ${line["subject"]}`, line])).values()];
}

/** What only the rows together can tell, asked of the rows just written. */
async function addFoundViolations(sql: Transaction, changes: Changes): Promise<number> {
  let found = 0;
  const [first, last] = [changes.results.ids[0], changes.results.ids.at(-1)];
  if (first !== undefined && last !== undefined) found += await addPaidTwice(sql, BigInt(first), BigInt(last));
  for (const { id } of changes.finals.filter(({ outcomes }) => outcomes.length > 0)) found += await addWrongRefund(sql, id);
  return found;
}

/**
 * I4: a job whose row was debited before. Each row asks the index of job ids and nothing else: `offset 0` keeps the planner from joining whole
 * tables, and with a condition on `id` inside it would walk the primary key as well, for every row (measured: 400 instead of 20,000 rows a second).
 */
async function addPaidTwice(sql: Transaction, first: bigint, last: bigint): Promise<number> {
  const { count } = await sql`
    insert into index.violations (height, invariant, subject, expected, found)
    select b.accepted_height, 'I4', 'job ' || encode(r.job_id, 'hex'), 'paid at most once', 'result ' || r.id || ' after result ' || earlier.id
    from index.results r
    join lateral (select e.id, e.outcome from index.results e where e.job_id = r.job_id offset 0) as earlier
      on earlier.id < r.id and earlier.outcome not in ('void', 'skipped')
    join index.blocks b on b.id = r.block_id
    where r.id between ${first} and ${last} and r.outcome not in ('void', 'skipped')
    on conflict do nothing`;
  return count;
}

/** I5: what a block refunded is what its refunded rows had been debited. */
async function addWrongRefund(sql: Transaction, blockId: bigint): Promise<number> {
  const { count } = await sql`
    insert into index.violations (height, invariant, subject, expected, found)
    select b.final_height, 'I5', 'block ' || b.id || ': refunded rows', coalesce(sum(r.debited_ulam), 0)::text, b.refunded_ulam::text
    from index.blocks b left join index.v1_results r on r.id between b.first_result and b.first_result + b.rows - 1 and r.outcome = 'refunded'
    where b.id = ${blockId} group by b.id having coalesce(sum(r.debited_ulam), 0) <> b.refunded_ulam
    on conflict do nothing`;
  return count;
}
