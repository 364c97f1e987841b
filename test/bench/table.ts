/** Lines of text, columns as wide as they need; numbers to the right. */
export function formatTable(columns: readonly string[], lines: readonly (readonly (string | number)[])[]): string {
  const cells = [columns, ...lines.map((line) => line.map(String))];
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => line[at]?.length ?? 0)));
  const isNumber = columns.map((_, at) => lines.every((line) => typeof line[at] === "number"));
  const format = (line: readonly string[]) =>
    line
      .map((cell, at) => (isNumber[at] === true ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return [format(columns), rule, ...cells.slice(1).map(format)].join("\n");
}
