import { DatabaseError, type Sql, type TenantSql, type Transaction } from "@lamina/db";

export type RequestState = "accepted" | "running" | "answered" | "failed" | "cancelled";

/** A durable request as Postgres has it; sealed parts are opened by whoever runs it. */
export interface StoredRequest {
  readonly id: string;
  readonly organisationId: string;
  readonly keyId: string;
  readonly bodyHash: Uint8Array;
  readonly mode: "sync" | "async";
  readonly state: RequestState;
  readonly model: string;
  readonly modelId: Uint8Array;
  readonly work: Uint8Array;
  readonly prepared: Uint8Array | undefined;
  readonly result: Uint8Array | undefined;
  readonly jobId: Uint8Array | undefined;
  readonly deadlineAtMs: number;
  readonly createdAtMs: number;
  readonly answeredAtMs: number | undefined;
}

export interface NewRequest {
  readonly id: string;
  readonly organisationId: string;
  readonly keyId: string;
  readonly idempotencyKey: string | undefined;
  readonly bodyHash: Uint8Array;
  readonly mode: "sync" | "async";
  readonly model: string;
  readonly modelId: Uint8Array;
  readonly work: Uint8Array;
  readonly deadlineAtMs: number;
}

/** Rows deleted at once: a long statement would hold others up. */
const FORGET_MAX = 1_000;

interface RequestRow {
  readonly id: string;
  readonly organisation_id: string;
  readonly key_id: string;
  readonly body_hash: Buffer;
  readonly mode: "sync" | "async";
  readonly state: RequestState;
  readonly model: string;
  readonly model_id: Buffer;
  readonly work: Buffer;
  readonly prepared: Buffer | null;
  readonly result: Buffer | null;
  readonly job_id: Buffer | null;
  readonly deadline_at: Date;
  readonly created_at: Date;
  readonly answered_at: Date | null;
}

/** Durable requests in Postgres. Methods throw `DatabaseError`. A lease keeps a request with one process; it runs out where that process dies. */
export class RequestStore {
  readonly #sql: Sql;
  readonly #tenants: TenantSql;
  readonly #leaseMs: number;

  constructor(options: { readonly leaseMs: number }, dependencies: { readonly sql: Sql; readonly tenants: TenantSql }) {
    this.#leaseMs = options.leaseMs;
    this.#sql = dependencies.sql;
    this.#tenants = dependencies.tenants;
  }

  /** Stores a request, leased to the caller; false where the organisation used the idempotency key before. */
  insert(request: NewRequest): Promise<boolean> {
    return this.#forOne("storing a request", request.organisationId, async (sql) => {
      const rows = await sql`
        insert into gateway.requests (id, organisation_id, key_id, idempotency_key, body_hash, mode, state, model, model_id, work, lease_until, deadline_at)
        values (${request.id}, ${request.organisationId}, ${request.keyId}, ${request.idempotencyKey ?? null}, ${request.bodyHash}, ${request.mode},
          'accepted', ${request.model}, ${request.modelId}, ${request.work}, now() + ${this.#lease()}::interval, ${new Date(request.deadlineAtMs)})
        on conflict (organisation_id, idempotency_key) where idempotency_key is not null do nothing returning 1 as stored`;
      return rows.length === 1;
    });
  }

  byIdempotencyKey(organisationId: string, key: string): Promise<StoredRequest | undefined> {
    return this.#forOne("finding a request", organisationId, async (sql) => {
      const [row] = await sql<RequestRow[]>`select * from gateway.requests where organisation_id = ${organisationId} and idempotency_key = ${key}`;
      return row === undefined ? undefined : requestOf(row);
    });
  }

  byId(organisationId: string, id: string): Promise<StoredRequest | undefined> {
    return this.#forOne("finding a request", organisationId, async (sql) => {
      const [row] = await sql<RequestRow[]>`select * from gateway.requests where organisation_id = ${organisationId} and id = ${id}`;
      return row === undefined ? undefined : requestOf(row);
    });
  }

  byJobId(organisationId: string, jobId: Uint8Array): Promise<StoredRequest | undefined> {
    return this.#forOne("finding a request", organisationId, async (sql) => {
      const [row] = await sql<RequestRow[]>`
        select request.* from gateway.jobs job join gateway.requests request on request.id = job.request_id
        where job.job_id = ${jobId} and job.organisation_id = ${organisationId} and request.organisation_id = ${organisationId}`;
      return row === undefined ? undefined : requestOf(row);
    });
  }

  /** Takes requests over whose lease ran out, at most `count`. */
  claim(count: number): Promise<StoredRequest[]> {
    return this.#naming("taking requests over", async (sql) => {
      const rows = await sql<RequestRow[]>`
        update gateway.requests set state = 'running', lease_until = now() + ${this.#lease()}::interval
        where id in (select id from gateway.requests where state in ('accepted', 'running') and lease_until < now() order by lease_until limit ${count} for update skip locked)
        returning *`;
      return rows.map(requestOf);
    });
  }

  /** Takes one over where it failed in a way that may be tried again, or its lease ran out; false where somebody else has it. */
  reclaim(id: string, deadlineAtMs: number): Promise<boolean> {
    return this.#naming("taking a request over", async (sql) => {
      const rows = await sql`
        update gateway.requests set state = 'running', result = null, lease_until = now() + ${this.#lease()}::interval, deadline_at = greatest(deadline_at, ${new Date(deadlineAtMs)})
        where id = ${id} and (state = 'failed' or (state in ('accepted', 'running') and lease_until < now())) returning 1 as taken`;
      return rows.length === 1;
    });
  }

  renew(ids: readonly string[]): Promise<void> {
    return this.#naming("renewing leases", async (sql) => {
      await sql`update gateway.requests set lease_until = now() + ${this.#lease()}::interval where id in ${sql([...ids])} and state in ('accepted', 'running')`;
    });
  }

  /** The job that is about to be sent: from now on a restart sends this one, and not another (T10). */
  prepared(id: string, prepared: Uint8Array, job: { readonly jobId: Uint8Array; readonly lane: bigint }): Promise<void> {
    return this.#naming("storing a prepared job", async (sql) => {
      await sql`
        update gateway.requests set state = 'running', prepared = ${prepared}, prepared_job_id = ${job.jobId}, prepared_lane = ${job.lane}, attempts = attempts + 1,
          lease_until = now() + ${this.#lease()}::interval where id = ${id}`;
    });
  }

  finish(id: string, state: "answered" | "failed", result: Uint8Array, jobId: Uint8Array | undefined): Promise<void> {
    return this.#naming("finishing a request", async (sql) => {
      await sql`
        update gateway.requests set state = ${state}, result = ${result}, job_id = ${jobId ?? null}, lease_until = null, answered_at = now(),
          prepared = case when ${state} = 'answered' then null else prepared end
        where id = ${id} and state <> 'answered'`;
    });
  }

  /** Forgets requests that ended long ago, with what was kept of their inputs and outputs; their jobs and receipts stay. Gives their number. */
  forget(olderThanMs: number): Promise<number> {
    return this.#naming("forgetting requests", async (sql) => {
      const rows = await sql`
        delete from gateway.requests where id in (
          select id from gateway.requests where state in ('answered', 'failed', 'cancelled') and answered_at < now() - ${`${olderThanMs} milliseconds`}::interval limit ${FORGET_MAX}
        ) returning 1 as gone`;
      return rows.length;
    });
  }

  /** Gives the leases up, so that another process need not wait for them to run out. */
  release(ids: readonly string[]): Promise<void> {
    return this.#naming("giving leases up", async (sql) => {
      if (ids.length > 0)
        await sql`update gateway.requests set lease_until = now() - interval '1 second' where id in ${sql([...ids])} and state in ('accepted', 'running')`;
    });
  }

  #lease(): string {
    return `${this.#leaseMs} milliseconds`;
  }

  #forOne<T>(operation: string, organisationId: string, work: (sql: Transaction) => Promise<T>): Promise<T> {
    return this.#naming(operation, () => this.#tenants.as(organisationId, work));
  }

  async #naming<T>(operation: string, work: (sql: Sql) => Promise<T>): Promise<T> {
    try {
      return await work(this.#sql);
    } catch (error) {
      throw new DatabaseError(operation, error);
    }
  }
}

function requestOf(row: RequestRow): StoredRequest {
  return {
    id: row.id,
    organisationId: row.organisation_id,
    keyId: row.key_id,
    bodyHash: row.body_hash,
    mode: row.mode,
    state: row.state,
    model: row.model,
    modelId: row.model_id,
    work: row.work,
    prepared: row.prepared ?? undefined,
    result: row.result ?? undefined,
    jobId: row.job_id ?? undefined,
    deadlineAtMs: row.deadline_at.getTime(),
    createdAtMs: row.created_at.getTime(),
    answeredAtMs: row.answered_at?.getTime(),
  };
}
