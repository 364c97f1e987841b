import { formatTable } from "./table.ts";

type Cell = string | number;
type Json = unknown;
type Fields = readonly (readonly [string, Cell])[];

/** A part's JSON as tables: what is single under the part's name, each list under its own. */
export function formatReport(name: string, value: Json): string {
  const lists: string[] = [];
  const single = flatten(value, (path, items) => lists.push(formatList(`${name}: ${path}`, items)));
  const tables = single.length === 0 ? [] : [formatTable([name, ""], single)];
  return [...tables, ...lists].join("\n\n");
}

function formatList(title: string, items: readonly Json[]): string {
  const lines = items.map((item) => new Map(flatten(item, (path, nested) => nested.map((each) => `${path} ${JSON.stringify(each)}`))));
  const columns = [...new Set(lines.flatMap((line) => [...line.keys()]))];
  const cells = lines.map((line) => columns.map((column) => line.get(column) ?? ""));
  return `${title}\n${formatTable(columns, cells)}`;
}

/** Every value with the names that lead to it; lists of objects go to `onList`. */
function flatten(value: Json, onList: (path: string, items: readonly Json[]) => void, path: readonly string[] = []): Fields {
  if (Array.isArray(value)) {
    onList(path.join(" "), value);
    return [];
  }
  if (typeof value !== "object" || value === null) return [[path.join(" "), typeof value === "number" ? shorten(value) : String(value)]];
  return Object.entries(value).flatMap(([key, nested]) => flatten(nested, onList, [...path, words(key)]));
}

/** `rowsPerSecond` and `rows_per_second` both read `rows per second`. */
function words(key: string): string {
  return key
    .replace(/_/g, " ")
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase();
}

function shorten(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(5));
}
