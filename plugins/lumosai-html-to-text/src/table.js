// Tables: as those of GitHub's Markdown, or in columns for plain text.

const MOST_COLUMNS = 50;
const WIDEST = 60;

/** Return a table's lines. Rows with nothing in them are left out; a table of one column is no table. */
export function table(rows, markdown) {
  const full = rows.filter((row) => row.some((cell) => cell !== "")).map((row) => row.slice(0, MOST_COLUMNS));
  const columns = full.reduce((most, row) => Math.max(most, row.length), 0);
  if (columns < 2) return full.map(([cell]) => cell);
  const even = full.map((row) => [...row, ...Array(columns - row.length).fill("")]);
  return markdown ? piped(even, columns) : aligned(even, columns);
}

function piped(rows, columns) {
  const line = (cells) => `| ${cells.map((c) => c.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(rows[0]), line(Array(columns).fill("---")), ...rows.slice(1).map(line)];
}

function aligned(rows, columns) {
  const widths = Array.from({ length: columns }, (_, n) =>
    Math.min(WIDEST, rows.reduce((most, row) => Math.max(most, row[n].length), 0)),
  );
  return rows.map((row) => row.map((cell, n) => cell.padEnd(widths[n])).join("  ").trimEnd());
}
