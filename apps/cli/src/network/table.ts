/** Lays rows out in columns as wide as their widest cell, two blanks apart, under a ruled heading. Columns of numbers alone are set to the right. */
export function formatTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const columns = headings.map((heading, index) => [heading, ...rows.map((row) => row[index] ?? "")]);
  const widths = columns.map((cells) => Math.max(...cells.map((cell) => cell.length)));
  const areNumbers = columns.map((cells) => rows.length > 0 && cells.slice(1).every((cell) => /^-?[0-9][0-9.,]*$/.test(cell)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => (areNumbers[index] === true ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0)))
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return [line(headings), rule, ...rows.map((row) => line(headings.map((_, index) => row[index] ?? "")))].join("\n");
}
