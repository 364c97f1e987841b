import { defineConfig } from "drizzle-kit";

/** `npm run migrations:gateway` in this folder writes the next SQL file from the schema; both are committed. */
export default defineConfig({
  dialect: "postgresql",
  schema: "./src/gateway-schema/index.ts",
  out: "./migrations/gateway",
  schemaFilter: ["gateway"],
});
