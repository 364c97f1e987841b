import type { Fragment, Sql } from "@lamina/db";
import { makeCursor, readCursor } from "./cursor.ts";
import { type Filter, type HeightFilter, type Listing, parametersOf, type ThroughFilter } from "./listings.ts";
import { QueryError } from "./query-error.ts";
import { readFilterValue, readValue } from "./read-value.ts";

export const PAGE_DEFAULT = 100;
export const PAGE_MAX = 1_000;

export interface Page {
  readonly items: readonly Readonly<Record<string, unknown>>[];
  /** To be given as `cursor` for the lines that follow; null behind the last. */
  readonly next_cursor: string | null;
}

export type Query = Readonly<Record<string, string>>;

/** One page of a listing, in one statement and so of one moment. Throws `QueryError`, `CursorError`. */
export async function listPage(sql: Sql, name: string, listing: Listing, query: Query): Promise<Page> {
  const limit = readLimit(query["limit"]);
  const lines = await pageStatement(sql, name, listing, query);
  const items = lines.slice(0, limit).map((line) => plain(line));
  const last = items.at(-1);
  if (lines.length <= limit || last === undefined) return { items, next_cursor: null };
  const keys = listing.order.map(({ as }) => String(last[as]));
  return { items, next_cursor: makeCursor(name, keys) };
}

/**
 * The statement of a page, one line longer than the page. Values are parameters of the statement, never its text (T9); names of columns and tables
 * are the listings' own. The lines are chosen by the table's indexes and only then shown, each by its key: `offset 0` keeps the planner from joining
 * whole tables where it knows too little of them.
 */
export function pageStatement(sql: Sql, name: string, listing: Listing, query: Query) {
  checkParameters(listing, query);
  const limit = readLimit(query["limit"]) + 1;
  const order = listing.order.map(({ as }) => sql`shown.${sql(as)} ${direction(sql, listing)}`).reduce((all, each) => sql`${all}, ${each}`);
  const same = listing.order.map(({ as }) => sql`line.${sql(as)} = chosen.${sql(as)}`).reduce((all, each) => sql`${all} and ${each}`);
  return sql<Record<string, unknown>[]>`
    select shown.* from (${chosen(sql, name, listing, query, limit)}) as chosen
    cross join lateral (select * from ${sql(`index.${listing.view}`)} as line where ${same} offset 0) as shown order by ${order} limit ${limit}`;
}

function chosen(sql: Sql, name: string, listing: Listing, query: Query, limit: number): Fragment {
  const conditions = conditionsOf(sql, name, listing, query);
  const joins = throughFilters(listing, query);
  const [first, ...others] = joins;
  for (const join of others) conditions.push(sql`${column(sql, join.column)} in (select ${sql(join.far)} from ${matches(sql, join, query)})`);
  const keys = listing.order.map((key) => sql`${column(sql, key.column)} as ${sql(key.as)}`).reduce((all, each) => sql`${all}, ${each}`);
  const order = listing.order.map((key) => sql`${column(sql, key.column)} ${direction(sql, listing)}`).reduce((all, each) => sql`${all}, ${each}`);
  const from = sql`from ${sql(`index.${listing.table}`)} as t`;
  if (first === undefined) return sql`select ${keys} ${from} ${whereOf(sql, conditions)} order by ${order} limit ${limit}`;
  const own = whereOf(sql, [sql`${column(sql, first.column)} = far.${sql(first.far)}`, ...conditions]);
  return sql`select near.* from ${matches(sql, first, query)} cross join lateral
    (select ${keys} ${from} ${own} order by ${order} limit ${limit}) as near`;
}

function column(sql: Sql, name: string): Fragment {
  return sql`t.${sql(name)}`;
}

function direction(sql: Sql, { descending }: Listing): Fragment {
  return descending ? sql`desc` : sql`asc`;
}

function whereOf(sql: Sql, conditions: readonly Fragment[]): Fragment {
  return conditions.length === 0 ? sql`` : sql`where ${conditions.reduce((all, each) => sql`${all} and ${each}`)}`;
}

function throughFilters(listing: Listing, query: Query): ThroughFilter[] {
  return Object.values(listing.filters).flatMap((filter) => {
    if (filter.rule !== "through") return [];
    const given = Object.keys(filter.match).find((parameter) => Object.hasOwn(query, parameter));
    if (given === undefined) return [];
    if (!Object.hasOwn(query, filter.needs)) throw new QueryError(given, `${filter.needs} beside it`, "none");
    return [filter];
  });
}

/** The few lines of the other table, as `far`. */
function matches(sql: Sql, { table, match, far }: ThroughFilter, query: Query): Fragment {
  const conditions = Object.entries(match).flatMap(([parameter, filter]) => {
    const text = query[parameter];
    return text === undefined ? [] : [sql`${sql(filter.column)} = ${readFilterValue(parameter, filter, text)}`];
  });
  return sql`(select ${sql(far)} from ${sql(`index.${table}`)} ${whereOf(sql, conditions)}) as far`;
}

function conditionsOf(sql: Sql, name: string, listing: Listing, query: Query): Fragment[] {
  const own = Object.entries(listing.filters).flatMap(([parameter, filter]) => {
    const text = query[parameter];
    return text === undefined || filter.rule === "through" ? [] : [conditionOf(sql, listing, parameter, filter, text)];
  });
  if (listing.present !== undefined) own.push(sql`${column(sql, listing.present)} is not null`);
  const cursor = query["cursor"];
  if (cursor !== undefined) own.push(behind(sql, listing, readCursor(name, listing.order.length, cursor)));
  return own;
}

function conditionOf(sql: Sql, listing: Listing, parameter: string, filter: Exclude<Filter, ThroughFilter>, text: string): Fragment {
  switch (filter.rule) {
    case "equal":
      return sql`${column(sql, filter.column)} = ${readFilterValue(parameter, filter, text)}`;
    case "least":
      return sql`${column(sql, filter.column)} >= ${readValue(parameter, "number", text)}`;
    case "most":
      return sql`${column(sql, filter.column)} <= ${readValue(parameter, "number", text)}`;
    case "from":
    case "to":
      return heightBound(sql, listing, parameter, filter, text);
  }
}

/** Lines come in the order of heights, so a height is a place in the listing's own order: that of the first line at it, or above it. */
function heightBound(sql: Sql, listing: Listing, parameter: string, filter: HeightFilter, text: string): Fragment {
  const { rule, table, height, bound } = filter;
  const value = readValue(parameter, "number", text);
  const compared = rule === "from" ? sql`${sql(height)} >= ${value}` : sql`${sql(height)} > ${value}`;
  const place = sql`coalesce((select ${sql(bound)} from ${sql(`index.${table}`)} where ${compared}
    order by ${sql(height)}, ${sql(bound)} limit 1), 9223372036854775807)`;
  const key = column(sql, listing.order[0]?.column ?? bound);
  return rule === "from" ? sql`${key} >= ${place}` : sql`${key} < ${place}`;
}

function behind(sql: Sql, { order, descending }: Listing, keys: readonly string[]): Fragment {
  const columns = order.map((key) => column(sql, key.column)).reduce((all, each) => sql`${all}, ${each}`);
  const values = order.map(({ kind }, at) => sql`${readValue("cursor", kind, keys[at] ?? "")}`).reduce((all, each) => sql`${all}, ${each}`);
  return descending ? sql`(${columns}) < (${values})` : sql`(${columns}) > (${values})`;
}

function readLimit(text: string | undefined): number {
  if (text === undefined) return PAGE_DEFAULT;
  const limit = Number(text);
  if (!/^\d{1,4}$/.test(text) || limit < 1 || limit > PAGE_MAX) throw new QueryError("limit", `1 to ${PAGE_MAX}`, text);
  return limit;
}

function checkParameters(listing: Listing, query: Query): void {
  const parameters = parametersOf(listing);
  for (const [parameter, value] of Object.entries(query)) {
    if (!parameters.includes(parameter)) throw new QueryError(parameter.slice(0, 80), `one of ${parameters.join(", ")}`, value);
  }
}

/** `int8` comes as bigint and `numeric` as text: both leave as decimal text, since JSON has no exact number of 64 bits. */
function plain(line: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(line).map(([name, value]) => [name, typeof value === "bigint" ? `${value}` : value]));
}
