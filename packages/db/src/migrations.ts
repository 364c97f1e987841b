import { fileURLToPath } from "node:url";
import { BaseError, decodeUtf8, type FileSystem } from "@lamina/primitives";
import type { Sql, Transaction } from "./postgres/connect.ts";

const FOLDER = fileURLToPath(new URL("../migrations", import.meta.url));
/** Two programs that start together must not both migrate. */
const LOCK = 0x6c616d696e61n;
const STATEMENT_END = "--> statement-breakpoint";

export type MigratedSchema = "gateway" | "index";

/** The database was migrated by newer code, or by files that are not these. */
export class MigrationError extends BaseError<"MIGRATION"> {
  readonly details: { readonly schema: string; readonly expected: string; readonly found: string };
  constructor(details: { schema: string; expected: string; found: string }) {
    super("MIGRATION", `schema ${details.schema}: expected ${details.expected}, found ${details.found}`);
    this.details = details;
  }
}

/**
 * Brings a schema to what `migrations/<schema>` says, each file in a transaction of its own, and answers the names of those applied. Creates the
 * schema where it is missing, so its role needs no right on the database once it exists. Throws `MigrationError`.
 */
export async function migrate(sql: Sql, files: Pick<FileSystem, "readFile" | "readdir">, schema: MigratedSchema): Promise<string[]> {
  const names = (await files.readdir(`${FOLDER}/${schema}`)).filter((name) => name.endsWith(".sql"));
  const applied: string[] = [];
  for (const [position, name] of names.entries()) {
    const text = decodeUtf8(await files.readFile(`${FOLDER}/${schema}/${name}`));
    if (await applyOne(sql, schema, { position, name, text, count: names.length })) applied.push(name);
  }
  return applied;
}

interface MigrationFile {
  readonly position: number;
  readonly name: string;
  readonly text: string;
  readonly count: number;
}

function applyOne(sql: Sql, schema: MigratedSchema, file: MigrationFile): Promise<boolean> {
  return sql.begin(async (transaction) => {
    await transaction`select pg_advisory_xact_lock(${LOCK})`;
    await ensureLedger(transaction, schema);
    const done = await transaction<{ name: string }[]>`select name from ${transaction(schema)}.migrations order by position`;
    if (done.length > file.count) throw new MigrationError({ schema, expected: `at most ${file.count} migrations`, found: `${done.length}` });
    const here = done[file.position]?.name;
    if (here !== undefined && here !== file.name) throw new MigrationError({ schema, expected: `migration ${file.name}`, found: here });
    if (here !== undefined) return false;
    for (const statement of file.text.split(STATEMENT_END)) await transaction.unsafe(statement);
    await transaction`insert into ${transaction(schema)}.migrations (position, name) values (${file.position}, ${file.name})`;
    return true;
  });
}

async function ensureLedger(transaction: Transaction, schema: MigratedSchema): Promise<void> {
  const [found] = await transaction`select 1 from pg_namespace where nspname = ${schema}`;
  if (found === undefined) await transaction`create schema ${transaction(schema)}`;
  await transaction`create table if not exists ${transaction(schema)}.migrations (position integer primary key, name text not null, applied_at timestamptz not null default now())`;
}
