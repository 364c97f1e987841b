export { TestPostgres } from "./test-postgres.ts";
