import { defineConfig } from "drizzle-kit";

/** `npm run migrations:index` in this folder writes the next SQL file from the schema; both are committed. */
export default defineConfig({
  dialect: "postgresql",
  schema: "./src/index-schema/index.ts",
  out: "./migrations/index",
  schemaFilter: ["index"],
});
