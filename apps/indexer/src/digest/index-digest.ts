import { createHash } from "node:crypto";
import type { Sql } from "@lamina/db";

/** Every table of the index with the order of its lines. */
export const TABLES: Readonly<Record<string, string>> = {
  operators: "operator_id",
  signing_keys: "key_id",
  models: "model_no",
  model_versions: "name, version",
  lanes: "lane",
  deposits: "payer",
  terms: "term",
  batches: "id",
  blocks: "id",
  runs: "block_id, position",
  results: "id",
  transfers: "id",
  faults: "id",
  violations: "height, invariant, subject",
  follower: "id",
};

const LINES_AT_ONCE = 1_000;

/**
 * One SHA-256 for each table over all its lines in order, as hex: two indexes of one chain at one height have the same (I28). Of one moment, and in
 * memory that does not grow with the table.
 */
export async function indexDigest(sql: Sql): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  await sql.begin("isolation level repeatable read read only", async (transaction) => {
    for (const [table, order] of Object.entries(TABLES)) {
      const digest = createHash("sha256");
      // Names of tables and orders are those above.
      const lines = transaction.unsafe<{ line: string }[]>(`select row_to_json(t)::text as line from index.${table} t order by ${order}`);
      for await (const chunk of lines.cursor(LINES_AT_ONCE)) for (const { line } of chunk) digest.update(line).update("\n");
      digests[table] = digest.digest("hex");
    }
  });
  return digests;
}
