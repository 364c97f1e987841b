import type { Sql } from "@lamina/db";
import { type Digest, fromHex, toHex } from "@lamina/primitives";
import type { Exceptions } from "./exceptions.ts";
import { emptyLedger, type Ledger, type LedgerBlock, NUMBERED, placeOf } from "./ledger.ts";

const DIGEST_BYTES = 32;

/** The ledger as the database leaves it; undefined where no height was written yet. */
export async function loadLedger(sql: Sql): Promise<{ readonly chainId: string; readonly ledger: Ledger } | undefined> {
  return sql.begin("isolation level repeatable read read only", async (transaction) => {
    const query = transaction as unknown as Sql;
    const [cursor] = await query<FollowerLine[]>`select chain_id, height, block_hash, next, final_log_peaks, time from index.follower where id = 1`;
    if (cursor === undefined) return undefined;
    const ledger = emptyLedger(cursor.height);
    ledger.hash = new Uint8Array(cursor.block_hash);
    ledger.timeMs = cursor.time.getTime();
    for (const table of NUMBERED) ledger.next[table] = BigInt(cursor.next[table] ?? "1");
    await loadActors(query, ledger);
    await loadMoney(query, ledger);
    const [{ size } = { size: 0n }] = await query<{ size: bigint }[]>`select count(*) as size from index.blocks where final_log_index is not null`;
    ledger.finalLog = { size: Number(size), peaks: peaksOf(cursor.final_log_peaks) };
    return { chainId: cursor.chain_id, ledger };
  });
}

interface FollowerLine {
  readonly chain_id: string;
  readonly height: bigint;
  readonly time: Date;
  readonly block_hash: Buffer;
  readonly next: Readonly<Record<string, string>>;
  readonly final_log_peaks: Buffer;
}

function peaksOf(joined: Buffer): Digest[] {
  return Array.from({ length: joined.length / DIGEST_BYTES }, (_, at) => {
    return new Uint8Array(joined.subarray(at * DIGEST_BYTES, (at + 1) * DIGEST_BYTES)) as Digest;
  });
}

async function loadActors(sql: Sql, ledger: Ledger): Promise<void> {
  const keys = await sql<
    { signing_key: Buffer; key_id: number; operator_id: bigint }[]
  >`select signing_key, key_id, operator_id from index.signing_keys`;
  for (const line of keys) ledger.keys.set(toHex(line.signing_key), { keyId: line.key_id, operatorId: line.operator_id });
  const models = await sql<{ model_id: Buffer; model_no: number }[]>`select model_id, model_no from index.models`;
  for (const line of models) ledger.models.set(toHex(line.model_id), line.model_no);
  const terms = await sql<{ term: bigint; key: Buffer }[]>`select term, key from index.terms`;
  for (const line of terms) ledger.sequencers.set(line.term, fromHex(toHex(line.key)));
  const bonds = await sql<{ operator_id: bigint; bond_ulam: string }[]>`select operator_id, bond_ulam from index.operators`;
  for (const line of bonds) ledger.bonds.set(line.operator_id, BigInt(line.bond_ulam));
}

async function loadMoney(sql: Sql, ledger: Ledger): Promise<void> {
  const lanes = await sql<{ lane: bigint; payer: string; balance_ulam: string; is_closed: boolean }[]>`
    select lane, payer, balance_ulam, is_closed from index.lanes`;
  for (const line of lanes) ledger.lanes.set(line.lane, { payer: line.payer, balance: BigInt(line.balance_ulam), isClosed: line.is_closed });
  const deposits = await sql<{ payer: string; free_ulam: string; leaving_ulam: string }[]>`select payer, free_ulam, leaving_ulam from index.deposits`;
  for (const line of deposits) ledger.deposits.set(line.payer, { free: BigInt(line.free_ulam), leaving: BigInt(line.leaving_ulam) });
  for (const block of await pendingBlocks(sql)) ledger.pending.set(placeOf(block.kind, block.number), block);
}

interface PendingLine {
  readonly id: bigint;
  readonly kind: number;
  readonly term: bigint;
  readonly number: bigint;
  readonly header_hash: Buffer;
  readonly rows_root: Buffer;
  readonly rows: number;
  readonly first_result: bigint;
  readonly accepted_height: bigint;
  readonly debited_ulam: string;
  readonly exceptions: Exceptions;
  readonly workers: string;
  readonly sequencer: string;
  readonly protocol: string;
  readonly refunded: string;
}

/** In the order of acceptance, each with what was paid for it so far: finality may be half way through a block. */
async function pendingBlocks(sql: Sql): Promise<LedgerBlock[]> {
  const lines = await sql<PendingLine[]>`
    select b.id, b.kind, b.term, b.number, b.header_hash, b.rows_root, b.rows, b.first_result, b.accepted_height, b.debited_ulam, b.exceptions,
      coalesce(sum(t.amount_ulam) filter (where t.kind = 'worker'), 0) as workers,
      coalesce(sum(t.amount_ulam) filter (where t.kind = 'sequencer'), 0) as sequencer,
      coalesce(sum(t.amount_ulam) filter (where t.kind = 'protocol'), 0) as protocol,
      coalesce(sum(t.amount_ulam) filter (where t.kind = 'refund'), 0) as refunded
    from index.blocks b left join index.transfers t on t.block_id = b.id
    where b.final_height is null group by b.id order by b.id`;
  return lines.map((line) => ({
    id: line.id,
    kind: line.kind,
    term: line.term,
    number: line.number,
    headerHash: toHex(line.header_hash),
    rowsRoot: toHex(line.rows_root),
    rows: line.rows,
    firstResult: line.first_result,
    acceptedHeight: line.accepted_height,
    debited: BigInt(line.debited_ulam),
    exceptions: line.exceptions,
    workers: BigInt(line.workers),
    sequencer: BigInt(line.sequencer),
    protocol: BigInt(line.protocol),
    refunded: BigInt(line.refunded),
  }));
}
