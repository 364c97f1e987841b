import type { Sql } from "@lamina/db";

/** Every table of the index with the order of its lines. */
const TABLES: Readonly<Record<string, string>> = {
  operators: "operator_id",
  signing_keys: "signing_key",
  models: "model_id",
  model_versions: "name, version",
  lanes: "lane",
  terms: "term",
  batches: "batch_id",
  blocks: "kind, term, number",
  results: "id",
  transfers: "id",
  faults: "id",
  follower: "id",
};

/**
 * One SHA-256 for each table over all its lines in order, as hex: two indexes of one chain at one height have the same (I28). Lines are hashed one by
 * one and chained in the database, so that memory does not grow with the table.
 */
export async function indexDigest(sql: Sql): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  await sql.begin("isolation level repeatable read read only", async (transaction) => {
    for (const [table, order] of Object.entries(TABLES)) {
      let digest: Buffer = Buffer.alloc(32);
      const lines = transaction
        .unsafe<{ line: string }[]>(`select row_to_json(t)::text as line from index.${table} t order by ${order}`)
        .cursor(1_000);
      for await (const chunk of lines)
        digest = await chain(
          transaction,
          digest,
          chunk.map(({ line }) => line),
        );
      digests[table] = digest.toString("hex");
    }
  });
  return digests;
}

type Query = Parameters<Parameters<Sql["begin"]>[1]>[0];

async function chain(sql: Query, before: Buffer, lines: readonly string[]): Promise<Buffer> {
  const [row] = await sql<{ digest: Buffer }[]>`select sha256(${before}::bytea || convert_to(${lines.join("\n")}, 'UTF8')) as digest`;
  return row?.digest ?? before;
}
