/** Figures as text. */
const digits = (value) => {
  if (value >= 1_000) return Math.round(value).toLocaleString("en-US");
  return Number(value.toPrecision(3)).toString();
};

export const UNITS = {
  us: "us",
  ms: "ms",
  "calls/s": "calls/s",
  "items/s": "items/s",
  KiB: "KiB",
  bytes: "bytes",
};

/** `101 (99 to 103; 95 to 120)`: median, middle half, smallest to greatest. */
export function spread(stat, { all = true } = {}) {
  if (!stat) return "";
  if (stat.min === stat.max) return digits(stat.median);
  const range = `${digits(stat.low)} to ${digits(stat.high)}`;
  return all
    ? `${digits(stat.median)} (${range}; ${digits(stat.min)} to ${digits(stat.max)})`
    : `${digits(stat.median)} (${range})`;
}

export const median = (stat) => (stat ? digits(stat.median) : "");

/** Columns padded for a terminal. */
export function table(head, rows) {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const line = (row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join("  ");
  return [line(head), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(line)].join("\n");
}

/** The same for Markdown. */
export function markdown(head, rows) {
  const line = (row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [
    line(head),
    `|${head.map((_, column) => (column === 0 ? "---" : "---:")).join("|")}|`,
    ...rows.map(line),
  ].join("\n");
}
