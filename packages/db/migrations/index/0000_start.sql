--> statement-breakpoint
CREATE TABLE "index"."batches" (
	"id" bigint PRIMARY KEY NOT NULL,
	"batch_id" "bytea" NOT NULL,
	"term" bigint NOT NULL,
	"first_number" bigint NOT NULL,
	"blocks" integer NOT NULL,
	"rows" integer NOT NULL,
	"bytes" integer NOT NULL,
	"height" bigint NOT NULL,
	"time" timestamp with time zone NOT NULL,
	"tx_hash" "bytea" NOT NULL,
	"gas_used" bigint NOT NULL,
	"submitter" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "index"."blocks" (
	"id" bigint PRIMARY KEY NOT NULL,
	"kind" smallint NOT NULL,
	"term" bigint NOT NULL,
	"number" bigint NOT NULL,
	"header_hash" "bytea" NOT NULL,
	"parent" "bytea",
	"rows_root" "bytea" NOT NULL,
	"rows" integer NOT NULL,
	"first_result" bigint NOT NULL,
	"level" smallint NOT NULL,
	"param" smallint NOT NULL,
	"reference_height" numeric(20, 0) NOT NULL,
	"charges_ulam" numeric(20, 0) NOT NULL,
	"signature" "bytea",
	"sequencer_key" "bytea",
	"batch_id" "bytea",
	"tx_hash" "bytea" NOT NULL,
	"submitter" text NOT NULL,
	"accepted_height" bigint NOT NULL,
	"debited_ulam" numeric(20, 0) NOT NULL,
	"signature_fee_ulam" numeric(20, 0) NOT NULL,
	"exceptions" jsonb NOT NULL,
	"final_height" bigint,
	"refunded_ulam" numeric(20, 0),
	"workers_paid_ulam" numeric(20, 0),
	"sequencer_paid_ulam" numeric(20, 0),
	"protocol_paid_ulam" numeric(20, 0),
	"final_log_index" bigint,
	"final_record" "bytea"
);
--> statement-breakpoint
CREATE TABLE "index"."deposits" (
	"payer" text PRIMARY KEY NOT NULL,
	"free_ulam" numeric(78, 0) NOT NULL,
	"leaving_ulam" numeric(78, 0) NOT NULL
);
--> statement-breakpoint
CREATE TABLE "index"."faults" (
	"id" bigint PRIMARY KEY NOT NULL,
	"height" bigint NOT NULL,
	"operator_id" bigint NOT NULL,
	"fault" text NOT NULL,
	"slashed_ulam" numeric(78, 0) NOT NULL,
	"burnt_ulam" numeric(78, 0) NOT NULL,
	"reward_ulam" numeric(78, 0) NOT NULL,
	"reporter" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "index"."follower" (
	"id" smallint PRIMARY KEY NOT NULL,
	"chain_id" text NOT NULL,
	"height" bigint NOT NULL,
	"time" timestamp with time zone NOT NULL,
	"block_hash" "bytea" NOT NULL,
	"next" jsonb NOT NULL,
	"final_log_peaks" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "index"."lanes" (
	"lane" bigint PRIMARY KEY NOT NULL,
	"payer" text NOT NULL,
	"spender_key" "bytea" NOT NULL,
	"balance_ulam" numeric(78, 0) NOT NULL,
	"end_height" numeric(20, 0) NOT NULL,
	"models" text[] NOT NULL,
	"levels" integer[] NOT NULL,
	"is_revoked" boolean NOT NULL,
	"is_closed" boolean NOT NULL,
	"registered_height" bigint NOT NULL,
	"updated_height" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "index"."model_versions" (
	"name" text NOT NULL,
	"version" text NOT NULL,
	"model_no" integer NOT NULL,
	"publisher" text NOT NULL,
	"registered_height" bigint NOT NULL,
	CONSTRAINT "model_versions_name_version_pk" PRIMARY KEY("name","version")
);
--> statement-breakpoint
CREATE TABLE "index"."models" (
	"model_no" integer PRIMARY KEY NOT NULL,
	"model_id" "bytea" NOT NULL,
	"publisher" text NOT NULL,
	"name" text NOT NULL,
	"task" text NOT NULL,
	"licence" text NOT NULL,
	"manifest" "bytea" NOT NULL,
	"registered_height" bigint NOT NULL,
	CONSTRAINT "models_model_id_unique" UNIQUE("model_id")
);
--> statement-breakpoint
CREATE TABLE "index"."operators" (
	"operator_id" bigint PRIMARY KEY NOT NULL,
	"role" text NOT NULL,
	"account" text NOT NULL,
	"signing_key" "bytea" NOT NULL,
	"nats_key" text NOT NULL,
	"status" text NOT NULL,
	"bond_ulam" numeric(78, 0) NOT NULL,
	"region" text NOT NULL,
	"capabilities" text[] NOT NULL,
	"offers" jsonb NOT NULL,
	"jailed_until" numeric(20, 0) NOT NULL,
	"unbonding_since" numeric(20, 0) NOT NULL,
	"unbonding_ends" numeric(20, 0) NOT NULL,
	"registered_height" bigint NOT NULL,
	"updated_height" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "index"."results" (
	"id" bigint PRIMARY KEY NOT NULL,
	"block_id" bigint NOT NULL,
	"key_id" integer NOT NULL,
	"lane" bigint NOT NULL,
	"model_no" integer NOT NULL,
	"log_index" numeric(20, 0) NOT NULL,
	"incarnation" bigint NOT NULL,
	"nonce" bigint NOT NULL,
	"profile" integer NOT NULL,
	"items" bigint NOT NULL,
	"unit_price_ulam" numeric(20, 0) NOT NULL,
	"ceiling_ulam" numeric(20, 0) NOT NULL,
	"settle_by" numeric(20, 0) NOT NULL,
	"units" numeric(20, 0) NOT NULL,
	"charge_ulam" numeric(20, 0) NOT NULL,
	"is_signed" boolean NOT NULL,
	"job_id" "bytea" NOT NULL,
	"h" "bytea" NOT NULL,
	"output" "bytea" NOT NULL,
	"outcome" text NOT NULL,
	"reason" text NOT NULL,
	CONSTRAINT "results_outcome" CHECK ("index"."results"."outcome" in ('paid', 'void', 'refunded', 'overturned', 'skipped', 'open'))
);
--> statement-breakpoint
CREATE TABLE "index"."runs" (
	"block_id" bigint NOT NULL,
	"position" integer NOT NULL,
	"rows" integer NOT NULL,
	"key_id" integer NOT NULL,
	"incarnation" bigint NOT NULL,
	"start" numeric(20, 0) NOT NULL,
	"previous_head" "bytea" NOT NULL,
	"signature" "bytea" NOT NULL,
	CONSTRAINT "runs_block_id_position_pk" PRIMARY KEY("block_id","position")
);
--> statement-breakpoint
CREATE TABLE "index"."signing_keys" (
	"key_id" integer PRIMARY KEY NOT NULL,
	"signing_key" "bytea" NOT NULL,
	"operator_id" bigint NOT NULL,
	"registered_height" bigint NOT NULL,
	CONSTRAINT "signing_keys_signing_key_unique" UNIQUE("signing_key")
);
--> statement-breakpoint
CREATE TABLE "index"."terms" (
	"term" bigint PRIMARY KEY NOT NULL,
	"operator_id" bigint NOT NULL,
	"key" "bytea" NOT NULL,
	"started_height" bigint NOT NULL,
	"reason" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "index"."transfers" (
	"id" bigint PRIMARY KEY NOT NULL,
	"height" bigint NOT NULL,
	"kind" text NOT NULL,
	"account" text NOT NULL,
	"amount_ulam" numeric(78, 0) NOT NULL,
	"block_id" bigint,
	"lane" bigint,
	"withdrawal_id" bigint
);
--> statement-breakpoint
CREATE TABLE "index"."violations" (
	"height" bigint NOT NULL,
	"invariant" text NOT NULL,
	"subject" text NOT NULL,
	"expected" text NOT NULL,
	"found" text NOT NULL,
	CONSTRAINT "violations_height_invariant_subject_pk" PRIMARY KEY("height","invariant","subject")
);
--> statement-breakpoint
CREATE INDEX "batches_by_batch_id" ON "index"."batches" USING btree ("batch_id","id");--> statement-breakpoint
CREATE INDEX "batches_by_height" ON "index"."batches" USING btree ("height","id");--> statement-breakpoint
CREATE INDEX "batches_by_term" ON "index"."batches" USING btree ("term","id");--> statement-breakpoint
CREATE INDEX "blocks_by_number" ON "index"."blocks" USING btree ("kind","number","id");--> statement-breakpoint
CREATE INDEX "blocks_by_final_log" ON "index"."blocks" USING btree ("final_log_index","id");--> statement-breakpoint
CREATE INDEX "blocks_by_accepted_height" ON "index"."blocks" USING btree ("accepted_height","id");--> statement-breakpoint
CREATE INDEX "blocks_by_batch" ON "index"."blocks" USING btree ("batch_id","id");--> statement-breakpoint
CREATE INDEX "blocks_by_term" ON "index"."blocks" USING btree ("term","id");--> statement-breakpoint
CREATE INDEX "blocks_pending" ON "index"."blocks" USING btree ("id") WHERE "index"."blocks"."final_height" is null;--> statement-breakpoint
CREATE INDEX "faults_by_operator" ON "index"."faults" USING btree ("operator_id","id");--> statement-breakpoint
CREATE INDEX "faults_by_height" ON "index"."faults" USING btree ("height","id");--> statement-breakpoint
CREATE INDEX "lanes_by_payer" ON "index"."lanes" USING btree ("payer","lane");--> statement-breakpoint
CREATE INDEX "results_by_job" ON "index"."results" USING btree ("job_id");--> statement-breakpoint
CREATE INDEX "results_by_block" ON "index"."results" USING btree ("block_id","id");--> statement-breakpoint
CREATE INDEX "results_by_lane" ON "index"."results" USING btree ("lane","id");--> statement-breakpoint
CREATE INDEX "results_by_key" ON "index"."results" USING btree ("key_id","id");--> statement-breakpoint
CREATE INDEX "results_by_model" ON "index"."results" USING btree ("model_no","id");--> statement-breakpoint
CREATE INDEX "results_by_outcome" ON "index"."results" USING btree ("outcome","id") WHERE "index"."results"."outcome" <> 'paid';--> statement-breakpoint
CREATE INDEX "signing_keys_by_operator" ON "index"."signing_keys" USING btree ("operator_id");--> statement-breakpoint
CREATE INDEX "transfers_by_account" ON "index"."transfers" USING btree ("account","id");--> statement-breakpoint
CREATE INDEX "transfers_by_height" ON "index"."transfers" USING btree ("height","id");--> statement-breakpoint
CREATE INDEX "transfers_by_kind" ON "index"."transfers" USING btree ("kind","id");--> statement-breakpoint
CREATE INDEX "transfers_by_block" ON "index"."transfers" USING btree ("block_id","id");--> statement-breakpoint
CREATE INDEX "transfers_by_lane" ON "index"."transfers" USING btree ("lane","id");