--> statement-breakpoint
CREATE TABLE "index"."batches" (
	"batch_id" "bytea" PRIMARY KEY NOT NULL,
	"term" numeric(20, 0) NOT NULL,
	"first_number" numeric(20, 0) NOT NULL,
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
	"kind" smallint NOT NULL,
	"term" numeric(20, 0) NOT NULL,
	"number" numeric(20, 0) NOT NULL,
	"header_hash" "bytea" NOT NULL,
	"parent" "bytea",
	"rows_root" "bytea" NOT NULL,
	"rows" integer NOT NULL,
	"runs" integer NOT NULL,
	"level" smallint NOT NULL,
	"param" smallint NOT NULL,
	"reference_height" numeric(20, 0) NOT NULL,
	"charges_ulam" numeric(20, 0) NOT NULL,
	"signature" "bytea",
	"sequencer_key" "bytea",
	"batch_id" "bytea",
	"tx_hash" "bytea" NOT NULL,
	"accepted_height" bigint NOT NULL,
	"debited_ulam" numeric(20, 0) NOT NULL,
	"exceptions" jsonb NOT NULL,
	"final_height" bigint,
	"refunded_ulam" numeric(20, 0),
	"final_log_index" numeric(20, 0),
	"final_record" "bytea",
	CONSTRAINT "blocks_kind_term_number_pk" PRIMARY KEY("kind","term","number")
);
--> statement-breakpoint
CREATE TABLE "index"."faults" (
	"id" bigint PRIMARY KEY NOT NULL,
	"height" bigint NOT NULL,
	"operator_id" numeric(20, 0) NOT NULL,
	"fault" text NOT NULL,
	"slashed_ulam" numeric(20, 0) NOT NULL,
	"burnt_ulam" numeric(20, 0) NOT NULL,
	"reward_ulam" numeric(20, 0) NOT NULL,
	"reporter" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "index"."follower" (
	"id" smallint PRIMARY KEY NOT NULL,
	"chain_id" text NOT NULL,
	"height" bigint NOT NULL,
	"time" timestamp with time zone NOT NULL,
	"next_result" bigint NOT NULL,
	"next_transfer" bigint NOT NULL,
	"next_fault" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "index"."lanes" (
	"lane" numeric(20, 0) PRIMARY KEY NOT NULL,
	"payer" text NOT NULL,
	"spender_key" "bytea" NOT NULL,
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
	"model_id" "bytea" NOT NULL,
	"publisher" text NOT NULL,
	"registered_height" bigint NOT NULL,
	CONSTRAINT "model_versions_name_version_pk" PRIMARY KEY("name","version")
);
--> statement-breakpoint
CREATE TABLE "index"."models" (
	"model_id" "bytea" PRIMARY KEY NOT NULL,
	"publisher" text NOT NULL,
	"name" text NOT NULL,
	"task" text NOT NULL,
	"licence" text NOT NULL,
	"manifest" "bytea" NOT NULL,
	"registered_height" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "index"."operators" (
	"operator_id" numeric(20, 0) PRIMARY KEY NOT NULL,
	"role" text NOT NULL,
	"account" text NOT NULL,
	"signing_key" "bytea" NOT NULL,
	"nats_key" text NOT NULL,
	"status" text NOT NULL,
	"bond_ulam" numeric(20, 0) NOT NULL,
	"region" text NOT NULL,
	"capabilities" text[] NOT NULL,
	"offers" jsonb NOT NULL,
	"registered_height" bigint NOT NULL,
	"updated_height" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "index"."results" (
	"id" bigint PRIMARY KEY NOT NULL,
	"kind" smallint NOT NULL,
	"term" numeric(20, 0) NOT NULL,
	"number" numeric(20, 0) NOT NULL,
	"position" integer NOT NULL,
	"job_id" "bytea" NOT NULL,
	"operator_id" numeric(20, 0) NOT NULL,
	"worker" "bytea" NOT NULL,
	"incarnation" bigint NOT NULL,
	"log_index" numeric(20, 0) NOT NULL,
	"lane" numeric(20, 0) NOT NULL,
	"nonce" bigint NOT NULL,
	"model_id" "bytea" NOT NULL,
	"profile" integer NOT NULL,
	"items" integer NOT NULL,
	"unit_price_ulam" numeric(20, 0) NOT NULL,
	"ceiling_ulam" numeric(20, 0) NOT NULL,
	"settle_by" numeric(20, 0) NOT NULL,
	"units" numeric(20, 0) NOT NULL,
	"charge_ulam" numeric(20, 0) NOT NULL,
	"h" "bytea" NOT NULL,
	"output" "bytea" NOT NULL,
	"accepted_height" bigint NOT NULL,
	"outcome" text NOT NULL,
	"reason" text NOT NULL,
	CONSTRAINT "results_outcome" CHECK ("index"."results"."outcome" in ('paid', 'void', 'refunded', 'overturned', 'skipped', 'open'))
);
--> statement-breakpoint
CREATE TABLE "index"."signing_keys" (
	"signing_key" "bytea" PRIMARY KEY NOT NULL,
	"operator_id" numeric(20, 0) NOT NULL,
	"registered_height" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "index"."terms" (
	"term" numeric(20, 0) PRIMARY KEY NOT NULL,
	"operator_id" numeric(20, 0) NOT NULL,
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
	"amount_ulam" numeric(20, 0) NOT NULL,
	"block_kind" smallint,
	"number" numeric(20, 0),
	"lane" numeric(20, 0)
);
--> statement-breakpoint
CREATE INDEX "batches_by_height" ON "index"."batches" USING btree ("height");--> statement-breakpoint
CREATE INDEX "blocks_by_accepted_height" ON "index"."blocks" USING btree ("accepted_height");--> statement-breakpoint
CREATE INDEX "blocks_by_final_log" ON "index"."blocks" USING btree ("final_log_index");--> statement-breakpoint
CREATE INDEX "lanes_by_payer" ON "index"."lanes" USING btree ("payer");--> statement-breakpoint
CREATE INDEX "results_by_job" ON "index"."results" USING btree ("job_id");--> statement-breakpoint
CREATE INDEX "results_by_block" ON "index"."results" USING btree ("kind","term","number","position");--> statement-breakpoint
CREATE INDEX "results_by_lane" ON "index"."results" USING btree ("lane","id");--> statement-breakpoint
CREATE INDEX "results_by_operator" ON "index"."results" USING btree ("operator_id","id");--> statement-breakpoint
CREATE INDEX "transfers_by_account" ON "index"."transfers" USING btree ("account","id");--> statement-breakpoint
CREATE INDEX "transfers_by_height" ON "index"."transfers" USING btree ("height");