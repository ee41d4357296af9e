/** The tables on the terminal. */
import { spread, table } from "./format.mjs";
import { titles } from "./titles.mjs";

export function print(record) {
  for (const result of record.results) {
    const rows = result.rows.filter(({ figure, failed }) => figure || failed);
    if (rows.length === 0) continue;
    const cpu = rows.some((row) => row.cpu);
    const head = [
      titles(result.case),
      `${result.unit} (middle half; min to max)`,
      "times raw",
      ...(cpu ? ["main-thread us per call"] : []),
      "",
    ];
    const body = rows.map((row) => [
      row.library,
      row.failed ? "failed" : spread(row.figure),
      spread(row.timesRaw),
      ...(cpu ? [spread(row.cpu, { all: false })] : []),
      row.failed ?? row.note ?? "",
    ]);
    process.stdout.write(
      `\n[${record.engines[result.engine] ?? result.engine}, ${result.site}-site]\n${table(head, body)}\n`,
    );
  }
  for (const { engine, site, others, rows } of record.targets) {
    if (others) {
      const share = (value) => `${(100 * value).toFixed(1)} %`;
      process.stdout.write(
        `\n[${engine}, ${site}-site] other programs took ${share(others.median)} of the machine (at most ${share(others.max)})\n`,
      );
    }
    if (rows.length === 0) continue;
    const body = rows.map((row) => [
      row.what,
      row.target,
      row.failed ? `failed: ${row.failed}` : spread(row.ratio),
      row.holds ? "kept" : "MISSED",
    ]);
    process.stdout.write(`\n${table(["target", "limit", "median (middle half; min to max)", ""], body)}\n`);
  }
}
