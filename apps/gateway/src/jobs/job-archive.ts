import { DatabaseError, type Sql, type TenantSql } from "@lamina/db";

/** A job as it was stored. */
export interface ArchivedJob {
  readonly jobId: Uint8Array;
  readonly requestId: string | undefined;
  readonly model: string;
  readonly state: "answered" | "unanswered";
  readonly charge: bigint;
  readonly receipt: Uint8Array | undefined;
  readonly leafHash: Uint8Array | undefined;
  readonly createdAtMs: number;
}

interface ArchivedRow {
  readonly job_id: Buffer;
  readonly request_id: string | null;
  readonly model: string;
  readonly state: "answered" | "unanswered";
  readonly charge_ulam: bigint;
  readonly receipt: Buffer | null;
  readonly leaf_hash: Buffer | null;
  readonly created_at: Date;
}

/** Reads stored jobs, each by its organisation and its id: another's is not there (T1). Methods throw `DatabaseError`. */
export class JobArchive {
  readonly #sql: Sql;
  readonly #tenants: TenantSql;

  constructor(dependencies: { readonly sql: Sql; readonly tenants: TenantSql }) {
    this.#sql = dependencies.sql;
    this.#tenants = dependencies.tenants;
  }

  async find(organisationId: string, jobId: Uint8Array): Promise<ArchivedJob | undefined> {
    try {
      const [row] = await this.#tenants.as(
        organisationId,
        (sql) => sql<ArchivedRow[]>`
          select job_id, request_id, model, state, charge_ulam, receipt, leaf_hash, created_at
          from gateway.jobs where job_id = ${jobId} and organisation_id = ${organisationId}`,
      );
      return row === undefined ? undefined : jobOf(row);
    } catch (error) {
      throw new DatabaseError("finding a job", error);
    }
  }

  /** How many of these ids are of jobs that were signed for the lane, here or by another gateway. */
  async countIssued(lane: bigint, jobIds: readonly Uint8Array[]): Promise<number> {
    try {
      const [row] = await this.#sql<{ issued: number }[]>`
        select count(distinct id)::int as issued from unnest(${this.#sql.array(jobIds.map(bytea))}::bytea[]) as asked(id)
        where exists (select 1 from gateway.jobs where job_id = asked.id and lane = ${lane})
          or exists (select 1 from gateway.requests where prepared_job_id = asked.id and prepared_lane = ${lane})`;
      return row?.issued ?? 0;
    } catch (error) {
      throw new DatabaseError("finding issued jobs", error);
    }
  }
}

/** Postgres' text form, for lists. */
function bytea(bytes: Uint8Array): string {
  return `\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex")}`;
}

function jobOf(row: ArchivedRow): ArchivedJob {
  return {
    jobId: row.job_id,
    requestId: row.request_id ?? undefined,
    model: row.model,
    state: row.state,
    charge: row.charge_ulam,
    receipt: row.receipt ?? undefined,
    leafHash: row.leaf_hash ?? undefined,
    createdAtMs: row.created_at.getTime(),
  };
}
