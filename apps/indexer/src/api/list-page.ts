import type { Sql } from "@lamina/db";
import { BaseError } from "@lamina/primitives";
import { makeCursor, readCursor } from "./cursor.ts";
import type { FilterKind, Listing } from "./listings.ts";

export const PAGE_DEFAULT = 100;
export const PAGE_MAX = 1_000;

export interface Page {
  readonly items: readonly Readonly<Record<string, unknown>>[];
  /** To be given as `cursor` for the lines that follow; null behind the last. */
  readonly next_cursor: string | null;
}

/** A request that the listing does not understand; names the parameter. */
export class QueryError extends BaseError<"QUERY"> {
  readonly details: { readonly parameter: string; readonly expected: string; readonly found: string };
  constructor(parameter: string, expected: string, found: string) {
    super("QUERY", `${parameter}: expected ${expected}, found ${JSON.stringify(found.slice(0, 80))}`);
    this.details = { parameter, expected, found };
  }
}

/** One page of a listing. Filters are parameters of the statement, never its text (T9). Throws `QueryError`, `CursorError`. */
export async function listPage(sql: Sql, name: string, listing: Listing, query: Readonly<Record<string, string>>): Promise<Page> {
  const limit = readLimit(query["limit"]);
  const conditions = filtersOf(sql, listing, query);
  const cursor = query["cursor"];
  if (cursor !== undefined) conditions.push(behind(sql, listing, readCursor(name, listing.order.length, cursor)));
  const where = conditions.length === 0 ? sql`` : sql`where ${conditions.reduce((all, each) => sql`${all} and ${each}`)}`;
  const direction = listing.descending ? sql`desc` : sql`asc`;
  const order = listing.order.map(({ column }) => sql`${sql(column)} ${direction}`).reduce((all, each) => sql`${all}, ${each}`);
  const lines = await sql<Record<string, unknown>[]>`
    select * from ${sql(`index.${listing.view}`)} ${where} order by ${order} limit ${limit + 1}`;
  const items = lines.slice(0, limit).map((line) => plain(line));
  const last = items.at(-1);
  const hasMore = lines.length > limit && last !== undefined;
  return {
    items,
    next_cursor: hasMore
      ? makeCursor(
          name,
          listing.order.map(({ column }) => String(last[column])),
        )
      : null,
  };
}

function readLimit(text: string | undefined): number {
  if (text === undefined) return PAGE_DEFAULT;
  const limit = Number(text);
  if (!/^\d{1,4}$/.test(text) || limit < 1 || limit > PAGE_MAX) throw new QueryError("limit", `1 to ${PAGE_MAX}`, text);
  return limit;
}

function filtersOf(sql: Sql, listing: Listing, query: Readonly<Record<string, string>>) {
  return Object.entries(query).flatMap(([parameter, value]) => {
    if (parameter === "limit" || parameter === "cursor") return [];
    const filter = listing.filters[parameter];
    if (filter === undefined) throw new QueryError(parameter, `one of ${[...Object.keys(listing.filters), "limit", "cursor"].join(", ")}`, value);
    checkValue(parameter, filter.kind, value);
    const column = sql(filter.column);
    if (filter.kind !== "number") return [sql`${column} = ${value}`];
    if (filter.operator === ">=") return [sql`${column} >= ${value}::numeric`];
    return filter.operator === "<=" ? [sql`${column} <= ${value}::numeric`] : [sql`${column} = ${value}::numeric`];
  });
}

function checkValue(parameter: string, kind: FilterKind, value: string): void {
  if (kind === "number" && !/^\d{1,20}$/.test(value)) throw new QueryError(parameter, "a decimal number", value);
  if (kind === "hex" && !/^[0-9a-f]{64}$/.test(value)) throw new QueryError(parameter, "64 characters of lower-case hex", value);
  if (kind === "text" && (value.length > 128 || value.includes("\0"))) throw new QueryError(parameter, "at most 128 characters", value);
}

function behind(sql: Sql, { order, descending }: Listing, keys: readonly string[]) {
  const columns = order.map(({ column }) => sql`${sql(column)}`).reduce((all, each) => sql`${all}, ${each}`);
  const values = order
    .map(({ kind }, index) => {
      const value = keys[index] ?? "";
      checkValue("cursor", kind, value);
      return kind === "number" ? sql`${value}::numeric` : sql`${value}`;
    })
    .reduce((all, each) => sql`${all}, ${each}`);
  return descending ? sql`(${columns}) < (${values})` : sql`(${columns}) > (${values})`;
}

/** Amounts and heights stay decimal text (`numeric` comes so, `int8` as bigint): an integer of 64 bits has no exact JSON number. */
function plain(line: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(line).map(([column, value]) => [column, typeof value === "bigint" ? `${value}` : value]));
}
