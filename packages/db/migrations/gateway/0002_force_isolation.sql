-- drizzle-kit knows no FORCE: without it a table's owner, which is the gateway's own role, passes every policy.
ALTER TABLE "gateway"."api_keys" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "gateway"."budgets" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "gateway"."jobs" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "gateway"."lanes" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "gateway"."organisations" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "gateway"."requests" FORCE ROW LEVEL SECURITY;
