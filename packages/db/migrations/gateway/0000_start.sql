CREATE TABLE "gateway"."api_keys" (
	"id" text PRIMARY KEY NOT NULL,
	"organisation_id" text NOT NULL,
	"name" text NOT NULL,
	"digest" "bytea" NOT NULL,
	"scopes" text[] NOT NULL,
	"concurrency_max" integer NOT NULL,
	"requests_per_minute" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	"last_used_at" timestamp with time zone,
	CONSTRAINT "api_keys_digest_unique" UNIQUE("digest")
);
--> statement-breakpoint
CREATE TABLE "gateway"."blocks" (
	"kind" smallint NOT NULL,
	"term" bigint NOT NULL,
	"number" bigint NOT NULL,
	"header" "bytea" NOT NULL,
	"header_hash" "bytea" NOT NULL,
	"sequencer_key" "bytea",
	"signature" "bytea",
	"leaf_hashes" "bytea" NOT NULL,
	"accepted_height" bigint,
	"batch_id" "bytea",
	"log_index" bigint,
	CONSTRAINT "blocks_kind_term_number_pk" PRIMARY KEY("kind","term","number")
);
--> statement-breakpoint
CREATE TABLE "gateway"."budgets" (
	"id" text PRIMARY KEY NOT NULL,
	"organisation_id" text NOT NULL,
	"limit_ulam" bigint,
	"spent_ulam" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "budgets_spent_not_negative" CHECK ("gateway"."budgets"."spent_ulam" >= 0),
	CONSTRAINT "budgets_limit_held" CHECK ("gateway"."budgets"."limit_ulam" is null or "gateway"."budgets"."spent_ulam" <= "gateway"."budgets"."limit_ulam")
);
--> statement-breakpoint
CREATE TABLE "gateway"."cursors" (
	"name" text PRIMARY KEY NOT NULL,
	"height" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gateway"."final_records" (
	"log_index" bigint PRIMARY KEY NOT NULL,
	"record" "bytea" NOT NULL,
	"exceptions" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gateway"."jobs" (
	"job_id" "bytea" PRIMARY KEY NOT NULL,
	"organisation_id" text NOT NULL,
	"key_id" text NOT NULL,
	"request_id" text,
	"lane" bigint NOT NULL,
	"settle_by" bigint NOT NULL,
	"model" text NOT NULL,
	"state" text NOT NULL,
	"charge_ulam" bigint NOT NULL,
	"receipt" "bytea",
	"leaf_hash" "bytea",
	"block_kind" smallint,
	"term" bigint,
	"number" bigint,
	"leaf_index" integer,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gateway"."lanes" (
	"lane" bigint PRIMARY KEY NOT NULL,
	"organisation_id" text NOT NULL,
	"spender_key" "bytea" NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gateway"."nonce_cursors" (
	"lane" bigint NOT NULL,
	"epoch" bigint NOT NULL,
	"next" integer NOT NULL,
	CONSTRAINT "nonce_cursors_lane_epoch_pk" PRIMARY KEY("lane","epoch"),
	CONSTRAINT "nonce_cursors_not_negative" CHECK ("gateway"."nonce_cursors"."next" >= 0)
);
--> statement-breakpoint
CREATE TABLE "gateway"."organisations" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"disabled_at" timestamp with time zone,
	"data_key" "bytea"
);
--> statement-breakpoint
CREATE TABLE "gateway"."requests" (
	"id" text PRIMARY KEY NOT NULL,
	"organisation_id" text NOT NULL,
	"key_id" text NOT NULL,
	"idempotency_key" text,
	"body_hash" "bytea" NOT NULL,
	"mode" text NOT NULL,
	"state" text NOT NULL,
	"model" text NOT NULL,
	"model_id" "bytea" NOT NULL,
	"work" "bytea" NOT NULL,
	"prepared" "bytea",
	"prepared_job_id" "bytea",
	"prepared_lane" bigint,
	"result" "bytea",
	"job_id" "bytea",
	"attempts" integer DEFAULT 0 NOT NULL,
	"lease_until" timestamp with time zone,
	"deadline_at" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"answered_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "gateway"."sequencer_terms" (
	"term" bigint PRIMARY KEY NOT NULL,
	"key" "bytea" NOT NULL
);
--> statement-breakpoint
ALTER TABLE "gateway"."api_keys" ADD CONSTRAINT "api_keys_organisation_id_organisations_id_fk" FOREIGN KEY ("organisation_id") REFERENCES "gateway"."organisations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "gateway"."budgets" ADD CONSTRAINT "budgets_organisation_id_organisations_id_fk" FOREIGN KEY ("organisation_id") REFERENCES "gateway"."organisations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "gateway"."jobs" ADD CONSTRAINT "jobs_organisation_id_organisations_id_fk" FOREIGN KEY ("organisation_id") REFERENCES "gateway"."organisations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "gateway"."lanes" ADD CONSTRAINT "lanes_organisation_id_organisations_id_fk" FOREIGN KEY ("organisation_id") REFERENCES "gateway"."organisations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "gateway"."requests" ADD CONSTRAINT "requests_organisation_id_organisations_id_fk" FOREIGN KEY ("organisation_id") REFERENCES "gateway"."organisations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "api_keys_by_organisation" ON "gateway"."api_keys" USING btree ("organisation_id");--> statement-breakpoint
CREATE INDEX "budgets_by_organisation" ON "gateway"."budgets" USING btree ("organisation_id");--> statement-breakpoint
CREATE INDEX "jobs_by_organisation" ON "gateway"."jobs" USING btree ("organisation_id","created_at");--> statement-breakpoint
CREATE INDEX "jobs_by_leaf" ON "gateway"."jobs" USING btree ("leaf_hash") WHERE "gateway"."jobs"."leaf_hash" is not null;--> statement-breakpoint
CREATE INDEX "jobs_unanswered" ON "gateway"."jobs" USING btree ("settle_by") WHERE "gateway"."jobs"."state" = 'unanswered';--> statement-breakpoint
CREATE INDEX "lanes_by_organisation" ON "gateway"."lanes" USING btree ("organisation_id");--> statement-breakpoint
CREATE UNIQUE INDEX "requests_by_idempotency_key" ON "gateway"."requests" USING btree ("organisation_id","idempotency_key") WHERE "gateway"."requests"."idempotency_key" is not null;--> statement-breakpoint
CREATE INDEX "requests_open" ON "gateway"."requests" USING btree ("lease_until") WHERE "gateway"."requests"."state" in ('accepted', 'running');--> statement-breakpoint
CREATE INDEX "requests_by_prepared_job" ON "gateway"."requests" USING btree ("prepared_job_id") WHERE "gateway"."requests"."prepared_job_id" is not null;--> statement-breakpoint
CREATE INDEX "requests_by_organisation" ON "gateway"."requests" USING btree ("organisation_id","created_at");