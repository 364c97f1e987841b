ALTER TABLE "gateway"."budget_leases" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "gateway"."key_usage" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "gateway"."place_leases" FORCE ROW LEVEL SECURITY;
