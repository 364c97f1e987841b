import { DatabaseError, type Sql } from "@lamina/db";
import { encodeReceipt } from "@lamina/light-client";
import type { ChainId, Env } from "@lamina/primitives";
import type { Presence } from "../access/presence.ts";
import { GroupCommit } from "../group-commit.ts";
import type { PreparedJob } from "./prepared-job.ts";
import type { VerifiedAnswer } from "./verify-answer.ts";
import type { WorkOrder } from "./work-order.ts";

const GROUP_MAX = 256;

interface JobRow {
  readonly job_id: Uint8Array;
  readonly organisation_id: string;
  readonly key_id: string;
  readonly instance_id: string;
  readonly request_id: string | null;
  readonly lane: bigint;
  readonly settle_by: bigint;
  readonly model: string;
  readonly state: "answered" | "unanswered";
  readonly charge_ulam: bigint;
  readonly receipt: Uint8Array | null;
  readonly leaf_hash: Uint8Array | null;
}

/**
 * The durable record of the jobs that were signed. An answer is stored before the client gets it, so that its receipt cannot be lost; many share
 * one commit.
 */
export class JobLedger {
  readonly #chainId: ChainId;
  readonly #env: Pick<Env, "step">;
  readonly #presence: Pick<Presence, "id">;
  readonly #commit: GroupCommit<JobRow>;

  constructor(
    options: { readonly chainId: ChainId },
    dependencies: { readonly env: Pick<Env, "step">; readonly sql: Sql; readonly presence: Pick<Presence, "id"> },
  ) {
    this.#chainId = options.chainId;
    this.#env = dependencies.env;
    this.#presence = dependencies.presence;
    this.#commit = new GroupCommit({ groupMax: GROUP_MAX }, (rows) => writeJobs(dependencies.sql, rows));
  }

  /** Resolves with the receipt of stage 1, once it is durable. Throws `DatabaseError`. */
  async answered(order: WorkOrder, prepared: PreparedJob, answer: VerifiedAnswer): Promise<Uint8Array> {
    const signed = { row: answer.row, private: prepared.private, head: answer.head };
    const receipt = encodeReceipt({ stage: "signed", chainId: this.#chainId, signed });
    await this.#env.step("gateway.ledger.before");
    await this.#commit.add({
      ...this.#common(order, prepared),
      state: "answered",
      charge_ulam: answer.row.charge,
      receipt,
      leaf_hash: answer.leafHash,
    });
    await this.#env.step("gateway.ledger.after");
    return receipt;
  }

  /** The job was sent, and nobody knows whether it ran: it counts with its ceiling until the chain says otherwise. */
  async unanswered(order: WorkOrder, prepared: PreparedJob): Promise<void> {
    await this.#commit.add({
      ...this.#common(order, prepared),
      state: "unanswered",
      charge_ulam: prepared.job.ceiling,
      receipt: null,
      leaf_hash: null,
    });
  }

  idle(): Promise<void> {
    return this.#commit.idle();
  }

  #common(order: WorkOrder, prepared: PreparedJob) {
    return {
      job_id: prepared.jobId,
      organisation_id: order.organisationId,
      key_id: order.keyId,
      instance_id: this.#presence.id,
      request_id: order.requestId ?? null,
      lane: prepared.job.lane,
      settle_by: prepared.job.settleBy,
      model: order.model.name,
    };
  }
}

async function writeJobs(sql: Sql, rows: readonly JobRow[]): Promise<void> {
  try {
    // A job that is sent again after a restart may have been stored before; an answer then replaces none.
    await sql`
      insert into gateway.jobs ${sql(rows as JobRow[])}
      on conflict (job_id) do update
      set state = excluded.state, charge_ulam = excluded.charge_ulam, receipt = excluded.receipt, leaf_hash = excluded.leaf_hash
      where jobs.state = 'unanswered' and excluded.state = 'answered'`;
  } catch (error) {
    throw new DatabaseError("storing jobs", error);
  }
}
