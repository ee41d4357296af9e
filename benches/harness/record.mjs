/** One run as plain data: the line of results.jsonl, from which the tables and charts are made. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { greaterIsBetter } from "./cases.mjs";
import { ratios, summary } from "./statistics.mjs";
import { targets } from "./targets.mjs";

const WINDOW_BYTES = 1024 * 1024;

const lock = () => JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8"));

function commit() {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], {
      cwd: new URL(".", import.meta.url),
      encoding: "utf8",
    }).trim();
  } catch {
    return "unknown";
  }
}

/** Where and with what the run was made. */
export function setting(libraries, options) {
  const { packages } = lock();
  const versions = {};
  for (const library of libraries) {
    if (library.package) versions[library.package] = packages[`node_modules/${library.package}`].version;
  }
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: commit(),
    machine: {
      processor: cpus()[0]?.model.trim() ?? "unknown",
      cores: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      system: `${process.platform} ${release()}`,
      node: process.version,
    },
    packages: versions,
    complete: options.complete,
    engines: {},
    results: [],
    targets: [],
  };
}

/** Adds the measurements of one engine and site. */
export function addMeasurement(record, { engine, version, site, rounds, results, units, libraries, others }) {
  record.engines[engine] = version;
  results.units = units;
  const fewest = (name) => (/^idle-(?!1$)/.test(name) ? results.get("idle-1") : undefined);
  for (const [name, rows] of results) {
    const unit = units.get(name);
    const raw = rows.get("raw")?.values ?? [];
    record.results.push({
      engine,
      site,
      case: name,
      unit,
      rows: [...rows].map(([library, row]) => {
        const relative = greaterIsBetter(unit) ? ratios(raw, row.values) : ratios(row.values, raw);
        return {
          library,
          figure: summary(row.values),
          timesRaw: summary(relative),
          // Only idle channels have this: the same row beside the fewest of them.
          timesFewest: summary(ratios(row.values, fewest(name)?.get(library)?.values ?? [])),
          cpu: summary(row.cpu),
          // Only cold connects of the package have this: milliseconds for making the core, in the host page.
          prepare: summary(row.prepare),
          failed: row.failed,
          note: row.note,
        };
      }),
    });
  }
  const peers = libraries.filter(({ kind }) => kind === "peer").map(({ name }) => name);
  record.targets.push({
    engine,
    site,
    rounds,
    others: summary(others),
    rows: targets(results, { engine, site, peers, windowBytes: WINDOW_BYTES }),
  });
}

/** Of each engine and site the newest of several runs, as one: a long bench may be made piece by piece. */
export function merged(records) {
  const last = records.at(-1);
  const newest = new Map();
  for (const record of records) {
    for (const { engine, site } of record.results) newest.set(`${engine} ${site}`, record);
  }
  const kept = (record, { engine, site }) => newest.get(`${engine} ${site}`) === record;
  const engines = Object.assign({}, ...records.map((record) => record.engines));
  const pick = (list) =>
    records.flatMap((record) =>
      record[list]
        .filter((entry) => kept(record, entry))
        // The pieces may be of several commits.
        .map((entry) => ({ commit: record.commit, ...entry })),
    );
  return { ...last, engines, results: pick("results"), targets: pick("targets") };
}
