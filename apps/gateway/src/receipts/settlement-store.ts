import { DatabaseError, type Sql, type TenantSql, type Transaction } from "@lamina/db";
import type { BlockEnd, BlockSeen, HeightFacts } from "./height-facts.ts";

const CURSOR = "settlement";

/** Where a job's row stands, with the block that holds it. */
export interface PlacedBlock {
  readonly kind: 1 | 2;
  readonly header: Uint8Array;
  readonly sequencerKey: Uint8Array | undefined;
  readonly signature: Uint8Array | undefined;
  readonly leafHashes: Uint8Array;
  readonly acceptedHeight: bigint | undefined;
  readonly batchId: Uint8Array | undefined;
  readonly logIndex: bigint | undefined;
}

export interface StoredRecord {
  readonly record: Uint8Array;
  readonly exceptions: Uint8Array;
}

interface BlockRow {
  readonly kind: number;
  readonly header: Buffer;
  readonly sequencer_key: Buffer | null;
  readonly signature: Buffer | null;
  readonly leaf_hashes: Buffer;
  readonly accepted_height: bigint | null;
  readonly batch_id: Buffer | null;
  readonly log_index: bigint | null;
}

/** What the chain did with jobs of this gateway, in Postgres. Methods throw `DatabaseError`. */
export class SettlementStore {
  readonly #sql: Sql;
  readonly #tenants: TenantSql;

  constructor(dependencies: { readonly sql: Sql; readonly tenants: TenantSql }) {
    this.#sql = dependencies.sql;
    this.#tenants = dependencies.tenants;
  }

  /** The last height that was read whole; 0 before the first. */
  height(): Promise<bigint> {
    return naming("reading the settlement cursor", async () => {
      const [row] = await this.#sql<{ height: bigint }[]>`select height from gateway.cursors where name = ${CURSOR}`;
      return row?.height ?? 0n;
    });
  }

  /** Writes all of one height with its cursor, or nothing; false where another gateway was first. */
  apply(facts: HeightFacts): Promise<boolean> {
    return naming("storing a height", () =>
      this.#sql.begin(async (transaction) => {
        await transaction`insert into gateway.cursors (name, height) values (${CURSOR}, 0) on conflict do nothing`;
        const moved =
          await transaction`update gateway.cursors set height = ${facts.height} where name = ${CURSOR} and height = ${facts.height - 1n} returning 1 as moved`;
        if (moved.length === 0) return false;
        for (const { term, key } of facts.terms)
          await transaction`insert into gateway.sequencer_terms (term, key) values (${term}, ${key}) on conflict do nothing`;
        for (const block of facts.accepted) await storeBlock(transaction, block);
        for (const end of facts.final) await storeEnd(transaction, end);
        return true;
      }),
    );
  }

  /** A block that a sequencer announced, where it holds rows of ours. The chain's own word, once there, replaces it. */
  announce(block: BlockSeen): Promise<void> {
    return naming("storing an announced block", () =>
      this.#sql.begin(async (transaction) => {
        const ours = await transaction`select 1 from gateway.jobs where leaf_hash in ${transaction(leaves(block.leafHashes))} limit 1`;
        if (ours.length > 0) await storeBlock(transaction, block);
      }),
    );
  }

  keyOfTerm(term: bigint): Promise<Uint8Array | undefined> {
    return naming("reading a term", async () => {
      const [row] = await this.#sql<{ key: Buffer }[]>`select key from gateway.sequencer_terms where term = ${term}`;
      return row?.key;
    });
  }

  /** The block that holds a job's row. */
  blockOf(organisationId: string, jobId: Uint8Array): Promise<PlacedBlock | undefined> {
    return naming("finding a job's block", async () => {
      const [row] = await this.#tenants.as(
        organisationId,
        (sql) => sql<BlockRow[]>`
          select block.kind, block.header, block.sequencer_key, block.signature, block.leaf_hashes, block.accepted_height, block.batch_id, block.log_index
          from gateway.jobs job join gateway.blocks block on block.kind = job.block_kind and block.term = job.term and block.number = job.number
          where job.job_id = ${jobId} and job.organisation_id = ${organisationId}`,
      );
      return row === undefined ? undefined : placedBlock(row);
    });
  }

  record(logIndex: bigint): Promise<StoredRecord | undefined> {
    return naming("reading a final record", async () => {
      const [row] = await this.#sql<
        { record: Buffer; exceptions: Buffer }[]
      >`select record, exceptions from gateway.final_records where log_index = ${logIndex}`;
      return row;
    });
  }

  /** Final records from `first` on, in order. */
  recordsFrom(first: bigint, count: number): Promise<Uint8Array[]> {
    return naming("reading final records", async () => {
      const rows = await this.#sql<
        { record: Buffer }[]
      >`select record from gateway.final_records where log_index >= ${first} order by log_index limit ${count}`;
      return rows.map(({ record }) => record);
    });
  }

  /** Jobs that nobody answered and whose time to settle is over cost nothing: their ceilings go back to their budgets (I6). Gives their number. */
  releaseExpired(height: bigint): Promise<number> {
    return naming("releasing expired jobs", async () => {
      const [row] = await this.#sql<{ released: number }[]>`
        with expired as (
          update gateway.jobs set state = 'expired' where state = 'unanswered' and settle_by < ${height} and block_kind is null
          returning organisation_id, key_id, charge_ulam
        ), amounts as (
          select id, sum(charge_ulam)::int8 as amount from
            (select organisation_id as id, charge_ulam from expired union all select key_id, charge_ulam from expired) each group by id
        ), given as (
          update gateway.budgets set spent_ulam = greatest(0, spent_ulam - amounts.amount) from amounts where budgets.id = amounts.id
        )
        select count(*)::int as released from expired`;
      return row?.released ?? 0;
    });
  }
}

async function storeBlock(transaction: Transaction, block: BlockSeen): Promise<void> {
  const { kind, term, number } = block;
  await transaction`
    insert into gateway.blocks (kind, term, number, header, header_hash, sequencer_key, signature, leaf_hashes, accepted_height, batch_id)
    values (${kind}, ${term}, ${number}, ${block.header}, ${block.headerHash}, ${block.sequencerKey ?? null}, ${block.signature ?? null},
      ${block.leafHashes}, ${block.acceptedHeight ?? null}, ${block.batchId ?? null})
    on conflict (kind, term, number) do update
    set header = excluded.header, header_hash = excluded.header_hash, sequencer_key = excluded.sequencer_key, signature = excluded.signature,
      leaf_hashes = excluded.leaf_hashes, accepted_height = excluded.accepted_height, batch_id = excluded.batch_id
    where blocks.accepted_height is null`;
  await transaction`
    update gateway.jobs set block_kind = ${kind}, term = ${term}, number = ${number}, leaf_index = place.at - 1
    from unnest(${transaction.array(leaves(block.leafHashes).map(text))}::bytea[]) with ordinality as place(leaf, at)
    where jobs.leaf_hash = place.leaf`;
}

async function storeEnd(transaction: Transaction, { kind, term, number, record, exceptions, logIndex }: BlockEnd): Promise<void> {
  await transaction`insert into gateway.final_records (log_index, record, exceptions) values (${logIndex}, ${record}, ${exceptions}) on conflict do nothing`;
  await transaction`update gateway.blocks set log_index = ${logIndex} where kind = ${kind} and term = ${term} and number = ${number}`;
}

function placedBlock(row: BlockRow): PlacedBlock {
  return {
    kind: row.kind === 2 ? 2 : 1,
    header: row.header,
    sequencerKey: row.sequencer_key ?? undefined,
    signature: row.signature ?? undefined,
    leafHashes: row.leaf_hashes,
    acceptedHeight: row.accepted_height ?? undefined,
    batchId: row.batch_id ?? undefined,
    logIndex: row.log_index ?? undefined,
  };
}

/** The single digests of a run of them. */
export function leaves(joined: Uint8Array): Uint8Array[] {
  return Array.from({ length: joined.length / 32 }, (_, at) => joined.subarray(32 * at, 32 * (at + 1)));
}

function text(bytes: Uint8Array): string {
  return `\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex")}`;
}

async function naming<T>(operation: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new DatabaseError(operation, error);
  }
}
