import { VIEWS } from "./views.ts";

/** The part of docs/guides/index-sql.md that tells of every view and column: kept equal by a test. */
export function viewsAsMarkdown(): string {
  return Object.entries(VIEWS)
    .map(([view, { says, columns }]) => {
      const lines = Object.entries(columns).map(([name, column]) => `| \`${name}\` | ${typeOf(column)} | ${column.says} |`);
      return [`## ${view}`, says, "", "| column | type | says |", "|---|---|---|", ...lines].join("\n");
    })
    .join("\n\n");
}

function typeOf({ type, nullable }: { readonly type: string; readonly nullable?: true }): string {
  return nullable === true ? `${type}, null` : type;
}
