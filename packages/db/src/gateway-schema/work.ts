import { sql } from "drizzle-orm";
import { bigint, index, integer, smallint, text, uniqueIndex } from "drizzle-orm/pg-core";
import { bytea, moment } from "./columns.ts";
import { ofItsOrganisation } from "./isolation.ts";
import { gatewaySchema } from "./schema.ts";
import { organisations } from "./tenants.ts";

/** Jobs that were signed: with the worker's answer, or without one. The gateway signs spend roots for these and no others. */
export const jobs = gatewaySchema.table(
  "jobs",
  {
    jobId: bytea("job_id").primaryKey(),
    organisationId: text("organisation_id")
      .notNull()
      .references(() => organisations.id),
    keyId: text("key_id").notNull(),
    /** The gateway whose lease pays for it; null for jobs of before there were leases. */
    instanceId: text("instance_id"),
    /** The durable request that it answers, where there is one. */
    requestId: text("request_id"),
    lane: bigint("lane", { mode: "bigint" }).notNull(),
    settleBy: bigint("settle_by", { mode: "bigint" }).notNull(),
    model: text("model").notNull(),
    /** unanswered: the worker may or may not have run it; expired: it did not settle while it could, so it cost nothing. */
    state: text("state", { enum: ["answered", "unanswered", "expired"] }).notNull(),
    /** Ulam: the row's charge, of an unanswered job its ceiling. */
    charge: bigint("charge_ulam", { mode: "bigint" }).notNull(),
    /** The receipt of stage 1 (docs/spec/receipt.md): row, openings and the worker's signed head. */
    receipt: bytea("receipt"),
    leafHash: bytea("leaf_hash"),
    /** Where the row stands once ordered. `number` is a forced run's sequence where `block_kind` is 2. */
    blockKind: smallint("block_kind"),
    term: bigint("term", { mode: "bigint" }),
    number: bigint("number", { mode: "bigint" }),
    leafIndex: integer("leaf_index"),
    createdAt: moment("created_at").notNull().defaultNow(),
  },
  (table) => [
    index("jobs_by_organisation").on(table.organisationId, table.createdAt),
    index("jobs_by_leaf").on(table.leafHash).where(sql`${table.leafHash} is not null`),
    index("jobs_unanswered").on(table.settleBy).where(sql`${table.state} = 'unanswered'`),
    ofItsOrganisation(table.organisationId),
  ],
);

/** Requests that survive this process: asynchronous ones, and those with an idempotency key. Outbox and memory in one. */
export const requests = gatewaySchema.table(
  "requests",
  {
    id: text("id").primaryKey(),
    organisationId: text("organisation_id")
      .notNull()
      .references(() => organisations.id),
    keyId: text("key_id").notNull(),
    idempotencyKey: text("idempotency_key"),
    /** SHA-256 of route and body: the same key with another body is refused (T11). */
    bodyHash: bytea("body_hash").notNull(),
    mode: text("mode", { enum: ["sync", "async"] }).notNull(),
    state: text("state", { enum: ["accepted", "running", "answered", "failed", "cancelled"] }).notNull(),
    model: text("model").notNull(),
    modelId: bytea("model_id").notNull(),
    /** What to run, sealed with the organisation's key. */
    work: bytea("work").notNull(),
    /** The job under way, whole, sealed: written before it is sent, so that a restart sends the same job again and pays once (T10). */
    prepared: bytea("prepared"),
    preparedJobId: bytea("prepared_job_id"),
    preparedLane: bigint("prepared_lane", { mode: "bigint" }),
    /** Outputs, or the error, sealed. */
    result: bytea("result"),
    jobId: bytea("job_id"),
    attempts: integer("attempts").notNull().default(0),
    /** Nobody else takes the request before. */
    leaseUntil: moment("lease_until"),
    deadlineAt: moment("deadline_at").notNull(),
    createdAt: moment("created_at").notNull().defaultNow(),
    answeredAt: moment("answered_at"),
  },
  (table) => [
    uniqueIndex("requests_by_idempotency_key").on(table.organisationId, table.idempotencyKey).where(sql`${table.idempotencyKey} is not null`),
    index("requests_open").on(table.leaseUntil).where(sql`${table.state} in ('accepted', 'running')`),
    index("requests_by_prepared_job").on(table.preparedJobId).where(sql`${table.preparedJobId} is not null`),
    index("requests_by_organisation").on(table.organisationId, table.createdAt),
    ofItsOrganisation(table.organisationId),
  ],
);
