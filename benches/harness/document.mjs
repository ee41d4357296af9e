/** docs/benchmarks.md and the charts beside it, from one record. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { libraries } from "../libraries/index.mjs";
import { charts } from "./charts.mjs";
import { markdown, median, spread } from "./format.mjs";
import { titles } from "./titles.mjs";

const PAGE = new URL("../../docs/benchmarks.md", import.meta.url);
const FOLDER = new URL("../../docs/benchmarks/", import.meta.url);

/** Cases in the order of the page, with the chart that goes with each. */
const SECTIONS = [
  ["burst", ["burst.svg", "main-thread.svg"]],
  ["lone", ["lone-call.svg"]],
  ["lone-1k", []],
  ["gap", []],
  ["behind", []],
  ["connect", ["connect.svg"]],
  ["connect-cold", []],
  ["transfer", []],
  ["stream", ["stream.svg"]],
  ["slow-reader", []],
  ["fanout", ["fanout.svg"]],
  ["idle", ["idle.svg"]],
  ["memory", []],
  ["bytes", ["bytes.svg"]],
];

const less = new Map(libraries.map((library) => [library.name, library.less]));
const lacks = new Map(libraries.map((library) => [library.name, library.lacks]));

/** Writes the page and its charts; charts of cases that are not in the record go away. */
export function write(record) {
  mkdirSync(FOLDER, { recursive: true });
  for (const file of readdirSync(FOLDER)) if (file.endsWith(".svg")) rmSync(new URL(file, FOLDER));
  const drawn = charts(record);
  for (const [file, text] of drawn) writeFileSync(new URL(file, FOLDER), text);
  writeFileSync(PAGE, page(record, drawn));
  process.stdout.write("written: docs/benchmarks.md\n");
}

function page(record, drawn) {
  const { machine, engines, packages, date, commit } = record;
  const parts = [
    "# Benchmarks",
    `Written by \`npm run bench\` (see \`benches/README.md\`); run it on your machine: absolute times differ everywhere, ratios
hold within a tenth or so. The rows took their samples in turns, each in a tab with processes of its own, in new tabs every round; a
ratio is formed inside a turn. Figures are medians, in brackets the middle half, then the smallest and the greatest. \`raw\` is a bare
\`MessagePort\` and nothing else; it runs twice, and the distance of \`raw again\` from 1 is the noise of the run.`,
    markdown(
      ["run", ""],
      [
        ["date", date],
        ["commit", commit],
        ["engines", Object.values(engines).join(", ")],
        [
          "machine",
          `${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}`,
        ],
        ["Node", machine.node],
        [
          "peers",
          Object.entries(packages)
            .map(([name, version]) => `${name} ${version}`)
            .join(", "),
        ],
        ...record.targets.map(({ engine, site, rounds, others, commit = record.commit }) => [
          `${engine}, ${site}-site`,
          `${rounds} rounds at ${commit}; other programs took ${
            others
              ? `${(100 * others.median).toFixed(1)} % of the machine (at most ${(100 * others.max).toFixed(1)} %)`
              : "an unknown share"
          }`,
        ]),
      ],
    ),
    ...targetsSection(record),
    "## Chromium, frames on another site",
    ...SECTIONS.flatMap(([name, files]) =>
      section(
        record,
        name,
        files.filter((file) => drawn.has(file)),
      ),
    ),
    ...others(record),
    "## What the rows do not do",
    "A peer that does less is faster for it; where it does less is said here.",
    markdown(
      ["row", "beside portcullis it has"],
      [...less].filter(([, text]) => text !== "").map(([name, text]) => [name, text]),
    ),
  ];
  return `${parts.join("\n\n")}\n`;
}

function targetsSection({ targets }) {
  const rows = targets.flatMap(({ engine, rows: some }) =>
    some.map((row) => [
      `${row.what}${engine === "chromium" ? "" : ` (${engine})`}`,
      row.target,
      row.failed ? `failed: ${row.failed}` : spread(row.ratio),
      row.holds ? "kept" : "**missed**",
    ]),
  );
  if (rows.length === 0) return [];
  return ["## Targets", markdown(["what", "target", "measured", ""], rows)];
}

function section(record, name, files) {
  const results = record.results.filter(
    (result) =>
      (result.case === name || (["idle", "memory"].includes(name) && result.case.startsWith(`${name}-`))) &&
      (result.site === "any" || (result.engine === "chromium" && result.site === "cross")),
  );
  if (results.length === 0) return [];
  const parts = [`### ${titles(name)}`];
  for (const file of files) parts.push(`![${titles(name)}](benchmarks/${file})`);
  parts.push(name === "idle" ? idleTable(results) : results.map(caseTable).join("\n\n"));
  return parts;
}

function caseTable(result) {
  const cpu = result.rows.some((row) => row.cpu);
  const relative = result.unit !== "bytes";
  const rows = result.rows.map((row) => [
    row.library,
    row.failed ? `failed: ${row.failed}` : spread(row.figure),
    ...(relative ? [spread(row.timesRaw)] : []),
    ...(cpu ? [spread(row.cpu, { all: false })] : []),
    row.note ?? "",
  ]);
  for (const [library, reasons] of lacks) {
    if (result.case in reasons)
      rows.push([library, "", ...(relative ? [""] : []), ...(cpu ? [""] : []), reasons[result.case]]);
  }
  const unit = result.case === "memory-host" ? "KiB in the host page" : result.unit;
  return markdown(
    ["", unit, ...(relative ? ["times raw"] : []), ...(cpu ? ["main-thread us per call"] : []), ""],
    rows,
  );
}

/** Channels across, libraries down; beside more channels also as times of the fewest. */
function idleTable(results) {
  const names = [...new Set(results.flatMap(({ rows }) => rows.map(({ library }) => library)))];
  const count = ({ case: name }) => name.slice("idle-".length);
  const [fewest] = results;
  const head = results.map((result) =>
    result === fewest ? `us beside ${count(result)}` : `beside ${count(result)}: us, times ${count(fewest)}`,
  );
  const cell = (name, { rows }) => {
    const { figure, timesFewest, cpu, failed } = rows.find(({ library }) => library === name) ?? {};
    if (failed) return `failed: ${failed}`;
    const busy = cpu && `main thread ${median(cpu)}`;
    return [median(figure), spread(timesFewest, { all: false }), busy].filter(Boolean).join(", ");
  };
  return markdown(
    ["", ...head],
    names.map((name) => [name, ...results.map((result) => cell(name, result))]),
  );
}

/** Every other engine and site in one table of ratios each. */
function others(record) {
  const parts = [];
  const pairs = new Map(record.results.map(({ engine, site }) => [`${engine} ${site}`, { engine, site }]));
  for (const { engine, site } of pairs.values()) {
    if (site === "any" || (engine === "chromium" && site === "cross")) continue;
    const results = record.results.filter((result) => result.engine === engine && result.site === site);
    const names = [...new Set(results.flatMap(({ rows }) => rows.map(({ library }) => library)))];
    const rows = names.map((name) => [
      name,
      ...results.map((result) => {
        const row = result.rows.find(({ library }) => library === name);
        if (!row?.figure) return row?.failed ? "failed" : "";
        return row.timesRaw ? `${median(row.timesRaw)} (${median(row.figure)})` : median(row.figure);
      }),
    ]);
    parts.push(
      `## ${engine === "chromium" ? "Chromium" : "Firefox"}, frames on ${site === "cross" ? "another site" : "the same site"}`,
      "Median of the times `raw`, in brackets the figure itself.",
      markdown(["", ...results.map((result) => `${titles(result.case)}, ${result.unit}`)], rows),
    );
  }
  return parts;
}
