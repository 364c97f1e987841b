CREATE VIEW "index"."v1_results" AS
SELECT r.id, encode(r.job_id, 'hex') AS job_id, r.block_id, CASE b.kind WHEN 1 THEN 'block' ELSE 'forced' END AS kind, b.term, b.number,
  (r.id - b.first_result)::integer AS position, b.level, b.param, k.operator_id, encode(k.signing_key, 'hex') AS worker, r.incarnation, r.log_index,
  r.lane, l.payer, r.nonce, encode(m.model_id, 'hex') AS model_id, m.name AS model, r.profile, r.items, r.units, r.unit_price_ulam, r.charge_ulam,
  r.ceiling_ulam,
  CASE WHEN r.outcome IN ('void', 'skipped') THEN 0::numeric ELSE r.charge_ulam + CASE WHEN r.is_signed THEN b.signature_fee_ulam ELSE 0 END END
    AS debited_ulam,
  r.settle_by, encode(r.h, 'hex') AS h, encode(r.output, 'hex') AS output, r.is_signed, r.outcome, r.reason,
  b.accepted_height, b.final_height, b.final_log_index
FROM "index".results r
JOIN "index".blocks b ON b.id = r.block_id
JOIN "index".signing_keys k ON k.key_id = r.key_id
JOIN "index".lanes l ON l.lane = r.lane
JOIN "index".models m ON m.model_no = r.model_no;
--> statement-breakpoint
CREATE VIEW "index"."v1_blocks" AS
SELECT id, CASE kind WHEN 1 THEN 'block' ELSE 'forced' END AS kind, term, number, encode(header_hash, 'hex') AS header_hash,
  encode(parent, 'hex') AS parent, encode(rows_root, 'hex') AS rows_root, rows, first_result, level, param, reference_height, charges_ulam,
  encode(signature, 'hex') AS signature, encode(sequencer_key, 'hex') AS sequencer_key, encode(batch_id, 'hex') AS batch_id,
  encode(tx_hash, 'hex') AS tx_hash, submitter, accepted_height, debited_ulam, signature_fee_ulam, exceptions, final_height, refunded_ulam,
  workers_paid_ulam, sequencer_paid_ulam, protocol_paid_ulam, final_log_index
FROM "index".blocks;
--> statement-breakpoint
CREATE VIEW "index"."v1_runs" AS
SELECT r.block_id, CASE b.kind WHEN 1 THEN 'block' ELSE 'forced' END AS kind, b.term, b.number, r.position, r.rows, k.operator_id,
  encode(k.signing_key, 'hex') AS worker, b.level, b.param, r.incarnation, r.start, encode(r.previous_head, 'hex') AS previous_head,
  encode(r.signature, 'hex') AS signature
FROM "index".runs r
JOIN "index".blocks b ON b.id = r.block_id
JOIN "index".signing_keys k ON k.key_id = r.key_id;
--> statement-breakpoint
CREATE VIEW "index"."v1_batches" AS
SELECT id, encode(batch_id, 'hex') AS batch_id, term, first_number, blocks, rows, bytes, height, time, encode(tx_hash, 'hex') AS tx_hash, gas_used, submitter
FROM "index".batches;
--> statement-breakpoint
CREATE VIEW "index"."v1_final_log" AS
SELECT final_log_index AS log_index, id AS block_id, CASE kind WHEN 1 THEN 'block' ELSE 'forced' END AS kind, term, number,
  encode(final_record, 'hex') AS record, exceptions, final_height
FROM "index".blocks WHERE final_log_index IS NOT NULL;
--> statement-breakpoint
CREATE VIEW "index"."v1_operators" AS
SELECT operator_id, role, account, encode(signing_key, 'hex') AS signing_key, nats_key, status, bond_ulam, region, capabilities, offers, jailed_until,
  unbonding_since, unbonding_ends, registered_height, updated_height
FROM "index".operators;
--> statement-breakpoint
CREATE VIEW "index"."v1_signing_keys" AS
SELECT key_id, encode(signing_key, 'hex') AS signing_key, operator_id, registered_height FROM "index".signing_keys;
--> statement-breakpoint
CREATE VIEW "index"."v1_models" AS
SELECT v.name, v.version, encode(m.model_id, 'hex') AS model_id, m.task, m.licence, v.publisher, encode(m.manifest, 'hex') AS manifest, v.registered_height
FROM "index".model_versions v JOIN "index".models m ON m.model_no = v.model_no;
--> statement-breakpoint
CREATE VIEW "index"."v1_lanes" AS
SELECT lane, payer, encode(spender_key, 'hex') AS spender_key, balance_ulam, end_height, models, levels, is_revoked, is_closed, registered_height,
  updated_height
FROM "index".lanes;
--> statement-breakpoint
CREATE VIEW "index"."v1_deposits" AS
SELECT payer, free_ulam, leaving_ulam FROM "index".deposits;
--> statement-breakpoint
CREATE VIEW "index"."v1_transfers" AS
SELECT t.id, t.height, t.kind, t.account, t.amount_ulam, t.block_id, CASE b.kind WHEN 1 THEN 'block' WHEN 2 THEN 'forced' END AS block_kind, b.term,
  b.number, t.lane, t.withdrawal_id
FROM "index".transfers t LEFT JOIN "index".blocks b ON b.id = t.block_id;
--> statement-breakpoint
CREATE VIEW "index"."v1_faults" AS
SELECT id, height, operator_id, fault, slashed_ulam, burnt_ulam, reward_ulam, reporter FROM "index".faults;
--> statement-breakpoint
CREATE VIEW "index"."v1_terms" AS
SELECT term, operator_id, encode(key, 'hex') AS key, started_height, reason FROM "index".terms;
--> statement-breakpoint
CREATE VIEW "index"."v1_violations" AS
SELECT height, invariant, subject, expected, found FROM "index".violations;
--> statement-breakpoint
CREATE VIEW "index"."v1_status" AS
SELECT chain_id, height, time, encode(block_hash, 'hex') AS block_hash,
  (SELECT count(*) FROM "index".violations) AS violations
FROM "index".follower;
