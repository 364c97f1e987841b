CREATE TABLE "gateway"."budget_leases" (
	"instance_id" text NOT NULL,
	"budget_id" text NOT NULL,
	"organisation_id" text NOT NULL,
	"leased_at" timestamp with time zone DEFAULT now() NOT NULL,
	"granted_ulam" bigint NOT NULL,
	"settled_after" bigint,
	CONSTRAINT "budget_leases_instance_id_budget_id_pk" PRIMARY KEY("instance_id","budget_id"),
	CONSTRAINT "budget_leases_not_negative" CHECK ("gateway"."budget_leases"."granted_ulam" >= 0)
);
--> statement-breakpoint
ALTER TABLE "gateway"."budget_leases" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "gateway"."instances" (
	"id" text PRIMARY KEY NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"seen_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gateway"."key_usage" (
	"key_id" text PRIMARY KEY NOT NULL,
	"organisation_id" text NOT NULL,
	"tokens" double precision NOT NULL,
	"filled_at" timestamp with time zone DEFAULT now() NOT NULL,
	"places" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "key_usage_places_not_negative" CHECK ("gateway"."key_usage"."places" >= 0)
);
--> statement-breakpoint
ALTER TABLE "gateway"."key_usage" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "gateway"."place_leases" (
	"instance_id" text NOT NULL,
	"key_id" text NOT NULL,
	"organisation_id" text NOT NULL,
	"places" integer NOT NULL,
	CONSTRAINT "place_leases_instance_id_key_id_pk" PRIMARY KEY("instance_id","key_id"),
	CONSTRAINT "place_leases_not_negative" CHECK ("gateway"."place_leases"."places" >= 0)
);
--> statement-breakpoint
ALTER TABLE "gateway"."place_leases" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "gateway"."jobs" ADD COLUMN "instance_id" text;--> statement-breakpoint
CREATE POLICY "of_its_organisation" ON "gateway"."budget_leases" AS PERMISSIVE FOR ALL TO public USING ("gateway"."budget_leases"."organisation_id" = (select current_setting('lamina.organisation', true)) or (select current_setting('lamina.organisation', true)) = '*') WITH CHECK ("gateway"."budget_leases"."organisation_id" = (select current_setting('lamina.organisation', true)) or (select current_setting('lamina.organisation', true)) = '*');--> statement-breakpoint
CREATE POLICY "of_its_organisation" ON "gateway"."key_usage" AS PERMISSIVE FOR ALL TO public USING ("gateway"."key_usage"."organisation_id" = (select current_setting('lamina.organisation', true)) or (select current_setting('lamina.organisation', true)) = '*') WITH CHECK ("gateway"."key_usage"."organisation_id" = (select current_setting('lamina.organisation', true)) or (select current_setting('lamina.organisation', true)) = '*');--> statement-breakpoint
CREATE POLICY "of_its_organisation" ON "gateway"."place_leases" AS PERMISSIVE FOR ALL TO public USING ("gateway"."place_leases"."organisation_id" = (select current_setting('lamina.organisation', true)) or (select current_setting('lamina.organisation', true)) = '*') WITH CHECK ("gateway"."place_leases"."organisation_id" = (select current_setting('lamina.organisation', true)) or (select current_setting('lamina.organisation', true)) = '*');