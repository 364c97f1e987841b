CREATE VIEW "index"."v1_results" AS
SELECT r.id, encode(r.job_id, 'hex') AS job_id, CASE r.kind WHEN 1 THEN 'block' ELSE 'forced' END AS kind, r.term, r.number, r.position,
  r.operator_id, encode(r.worker, 'hex') AS worker, r.lane, l.payer, encode(r.model_id, 'hex') AS model_id, m.name AS model, r.profile, r.items, r.units,
  r.unit_price_ulam, r.charge_ulam, r.ceiling_ulam, r.settle_by, encode(r.h, 'hex') AS h, encode(r.output, 'hex') AS output,
  r.outcome, r.reason, r.accepted_height, b.final_height
FROM "index".results r
JOIN "index".blocks b ON b.kind = r.kind AND b.term = r.term AND b.number = r.number
JOIN "index".lanes l ON l.lane = r.lane
JOIN "index".models m ON m.model_id = r.model_id;
--> statement-breakpoint
CREATE VIEW "index"."v1_blocks" AS
SELECT CASE kind WHEN 1 THEN 'block' ELSE 'forced' END AS kind, term, number, encode(header_hash, 'hex') AS header_hash, encode(rows_root, 'hex') AS rows_root,
  rows, level, param, reference_height, charges_ulam, encode(batch_id, 'hex') AS batch_id, encode(tx_hash, 'hex') AS tx_hash, accepted_height, final_height,
  debited_ulam, refunded_ulam, exceptions, final_log_index
FROM "index".blocks;
--> statement-breakpoint
CREATE VIEW "index"."v1_batches" AS
SELECT encode(batch_id, 'hex') AS batch_id, term, first_number, blocks, rows, bytes, height, time, encode(tx_hash, 'hex') AS tx_hash, gas_used, submitter
FROM "index".batches;
--> statement-breakpoint
CREATE VIEW "index"."v1_operators" AS
SELECT operator_id, role, account, encode(signing_key, 'hex') AS signing_key, status, bond_ulam, region, capabilities, offers, registered_height, updated_height
FROM "index".operators;
--> statement-breakpoint
CREATE VIEW "index"."v1_models" AS
SELECT v.name, v.version, encode(v.model_id, 'hex') AS model_id, m.task, m.licence, v.publisher, v.registered_height
FROM "index".model_versions v JOIN "index".models m ON m.model_id = v.model_id;
--> statement-breakpoint
CREATE VIEW "index"."v1_lanes" AS
SELECT lane, payer, encode(spender_key, 'hex') AS spender_key, end_height, models, levels, is_revoked, is_closed, registered_height, updated_height
FROM "index".lanes;
--> statement-breakpoint
CREATE VIEW "index"."v1_transfers" AS
SELECT id, height, kind, account, amount_ulam, CASE block_kind WHEN 1 THEN 'block' WHEN 2 THEN 'forced' END AS block_kind, number, lane
FROM "index".transfers;
--> statement-breakpoint
CREATE VIEW "index"."v1_faults" AS
SELECT id, height, operator_id, fault, slashed_ulam, burnt_ulam, reward_ulam, reporter FROM "index".faults;
--> statement-breakpoint
DO $$ BEGIN
  IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'lamina_reader') THEN
    GRANT USAGE ON SCHEMA "index" TO lamina_reader;
    GRANT SELECT ON "index".v1_results, "index".v1_blocks, "index".v1_batches, "index".v1_operators, "index".v1_models, "index".v1_lanes,
      "index".v1_transfers, "index".v1_faults TO lamina_reader;
  END IF;
END $$;
