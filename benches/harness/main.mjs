import { spawnSync } from "node:child_process";
import { appendFileSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { libraries as allLibraries } from "../libraries/index.mjs";
import { launch } from "./browser.mjs";
import { built, pageBytes, scriptFiles, slimBytes } from "./bundle.mjs";
import { cases as allCases } from "./cases.mjs";
import { write } from "./document.mjs";
import { Measurement } from "./measure.mjs";
import { options } from "./options.mjs";
import { perf } from "./perf.mjs";
import { profile } from "./profile.mjs";
import { addMeasurement, merged, setting } from "./record.mjs";
import { serve } from "./server.mjs";
import { print } from "./terminal.mjs";
import { trace } from "./trace.mjs";

const RESULTS = new URL("../results.jsonl", import.meta.url);
const log = (line) => process.stdout.write(`${line}\n`);

const chosen = options(allCases, allLibraries);
if (chosen.draw) {
  const lines = readFileSync(RESULTS, "utf8").trim().split("\n");
  write(merged(lines.map((line) => JSON.parse(line))));
} else if (chosen.profile) {
  buildIfNeeded(chosen.libraries);
  await profile(chosen, { log });
} else if (chosen.perf) {
  buildIfNeeded(chosen.libraries);
  await perf(chosen, { log });
} else if (chosen.trace) {
  buildIfNeeded(chosen.libraries);
  await trace(chosen, { log });
} else {
  await measure(chosen);
}

/** The package's own rows need `dist/`. */
function buildIfNeeded(rows) {
  if (built() || !rows.some(({ kind }) => kind === "ours")) return;
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const { status } = spawnSync("npm", ["run", "build"], {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (status !== 0 || !built()) throw new Error("there is no dist/, and `npm run build` did not make it");
}

/** All engines and sites, one after the other, then the report. */
async function measure({ libraries, cases, engines, sites, roundsOf, ...rest }) {
  buildIfNeeded(libraries);
  const server = await serve(await scriptFiles(libraries));
  const records = [];
  try {
    for (const [engine, site] of engines.flatMap((engine) => sites.map((site) => [engine, site]))) {
      const record = setting(libraries, rest);
      // Once: they are the same everywhere.
      if (records.length === 0) await addBytes(record, cases, libraries);
      await one(record, { engine, site, server, libraries, cases, rounds: roundsOf(engine, site) });
      // Not when all are done: a bench that is broken off after an hour keeps what it has.
      appendFileSync(RESULTS, `${JSON.stringify(record)}\n`);
      records.push(record);
    }
  } finally {
    server.close();
  }
  const run = merged(records);
  print(run);
  if (rest.write || records.every(({ complete }) => complete)) write(run);
}

/** One engine, frames on one kind of site; a browser of its own. */
async function one(record, { engine, site, server, libraries, cases, rounds }) {
  const browser = await launch(engine);
  log(
    `\n${browser.version}, frames on ${site === "cross" ? "another site" : "the same site"}, ${rounds} rounds`,
  );
  const measurement = new Measurement({ browser, site, server, rounds, log });
  const kind = (tab) => cases.filter((test) => test.tab === tab);
  try {
    await measurement.calls(kind(undefined), libraries);
    for (const tab of ["cold", "fanout", "idle", "memory"]) {
      for (const test of kind(tab)) await measurement[tab](test, libraries);
    }
  } catch (error) {
    // A browser that dies after half an hour must not take the figures with it.
    log(`${engine}, ${site}-site, is incomplete: ${error.stack}`);
    record.complete = false;
  } finally {
    await browser.close().catch(() => {});
  }
  const units = new Map([...measurement.results.keys()].map((name) => [name, unitOf(name)]));
  addMeasurement(record, {
    engine,
    version: browser.version,
    site,
    rounds,
    results: measurement.results,
    units,
    libraries,
    others: measurement.others,
  });
}

/** `idle-20` has the unit of `idle`, and so on. */
function unitOf(name) {
  return allCases.find((test) => test.name === name || name.startsWith(`${test.name}-`)).unit;
}

/** Bytes are the same in every engine. */
async function addBytes(record, cases, libraries) {
  if (!cases.some(({ name }) => name === "bytes")) return;
  const rows = [];
  const add = (library, bytes) => {
    if (bytes === undefined) return;
    rows.push({ library, figure: { median: bytes, low: bytes, high: bytes, min: bytes, max: bytes } });
  };
  for (const library of libraries) {
    add(library.name, await pageBytes(library));
    if (library.name === "portcullis") add("portcullis/slim", await slimBytes());
  }
  record.results.push({ engine: "esbuild", site: "any", case: "bytes", unit: "bytes", rows });
}
