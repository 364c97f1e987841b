import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { LISTINGS, parametersOf } from "./listings.ts";
import { viewsAsMarkdown } from "./sql-guide.ts";
import { VIEWS } from "./views.ts";

const GUIDE = new URL("../../../../docs/guides/index-sql.md", import.meta.url);
const BEGIN = "<!-- views: made by apps/indexer/src/api/sql-guide.ts; LAMINA_WRITE_DOCS=1 writes it anew -->\n";

test("the guide tells of every view and column", () => {
  const text = readFileSync(GUIDE, "utf8");
  const [before, ...rest] = text.split(BEGIN);
  expect(rest).toHaveLength(1);
  const expected = `${before}${BEGIN}\n${viewsAsMarkdown()}\n`;
  if (process.env["LAMINA_WRITE_DOCS"] === "1") writeFileSync(GUIDE, expected);
  expect(readFileSync(GUIDE, "utf8")).toBe(expected);
});

test("every listing shows a described view, ordered and filtered by columns that exist", () => {
  for (const [name, listing] of Object.entries(LISTINGS)) {
    const columns = Object.keys(VIEWS[listing.view]?.columns ?? {});
    expect([name, listing.order.filter(({ as }) => !columns.includes(as))]).toEqual([name, []]);
    expect(new Set(parametersOf(listing)).size).toBe(parametersOf(listing).length);
  }
});
