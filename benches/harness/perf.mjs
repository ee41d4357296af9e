/**
 * Where the time of one case goes between engine, scripts and system, by samples of the processor: Linux with `perf`, Chromium,
 * frames of one site, which share a thread, so that all of a call is the time of that thread.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { launch, openTab } from "./browser.mjs";
import { scriptFiles } from "./bundle.mjs";
import { cases } from "./cases.mjs";
import { table } from "./format.mjs";
import { reading } from "./processes.mjs";
import { serve } from "./server.mjs";

const WARM_UP_MS = 4_000;
const SAMPLED_MS = 5_000;
/** In which `perf` starts to look. */
const START_MS = 300;
const PER_SECOND = 5_000;

const PARTS = ["engine", "scripts", "system"];

/** Whose a function is; V8's built-in functions, which scripts call, are compiled beside them but are the engine's. */
function partOf(object, symbol) {
  if (/^perf-\d+\.map$|^\[?JIT\]?/.test(object))
    return /^(JS:|wasm|Wasm)/.test(symbol) ? "scripts" : "engine";
  return object.includes("chrom") ? "engine" : "system";
}

/** Prints a table of the chosen rows: microseconds of an operation, by part. */
export async function perf({ perf: name, libraries }, { log }) {
  const test = cases.find((other) => other.name === name);
  const server = await serve(await scriptFiles(libraries, { minify: false }));
  const folder = mkdtempSync(join(tmpdir(), "bench-perf-"));
  // V8 writes a log beside the names; it is not to lie where the command was given.
  const logs = `--no-logfile-per-isolate --logfile=${join(folder, "v8.log")}`;
  const browser = await launch("chromium", [`--js-flags=--perf-basic-prof ${logs}`]);
  try {
    const rows = [];
    for (const library of libraries.filter((row) => !(name in row.lacks))) {
      const tab = await openTab(browser, server.host("host.html", library, "same", 0), test.frames ?? 1);
      const sample = (minMs) => tab.sample(test.sample, { minMs, ...test.options });
      await tab.front();
      await sample(WARM_UP_MS);
      const thread = await busiest(browser.pid, () => sample(START_MS));
      const file = join(folder, library.module);
      const recorder = spawn(
        "perf",
        ["record", "--event=cpu-clock", `--freq=${PER_SECOND}`, `--output=${file}`, `--tid=${thread}`],
        { stdio: "ignore" },
      );
      await once(recorder, "spawn");
      await pause(START_MS);
      const { ms, operations } = await sample(SAMPLED_MS);
      recorder.kill("SIGINT");
      await once(recorder, "exit");
      await tab.close();
      const each = (ms * 1_000) / operations;
      const shares = sharesOf(file);
      rows.push([library.name, ...PARTS.map((part) => (each * shares[part]).toFixed(1)), each.toFixed(1)]);
      log(rows.at(-1).join("  "));
    }
    log(`\n${browser.version}, ${name}, us an operation\n${table(["row", ...PARTS, "all"], rows)}`);
  } finally {
    await browser.close();
    server.close();
    rmSync(folder, { recursive: true });
  }
}

/** The page whose main thread works most meanwhile. */
async function busiest(browser, work) {
  const before = reading(browser).mains;
  await work();
  const grown = [...reading(browser).mains].map(([id, ms]) => [id, ms - (before.get(id) ?? 0)]);
  return grown.sort((one, other) => other[1] - one[1])[0][0];
}

/** Each part's share of the samples. */
function sharesOf(file) {
  const flags = ["--input", file, "--stdio", "--fields=sample,dso,symbol", "--call-graph=none"];
  const { stdout } = spawnSync("perf", ["report", ...flags, "--field-separator=;"], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const counts = { engine: 0, scripts: 0, system: 0 };
  for (const [, samples, object, symbol] of stdout.matchAll(/^\s*(\d+)\s*;([^;]*);\[.\] (.*)$/gm)) {
    counts[partOf(object.trim(), symbol)] += Number(samples);
  }
  const all = PARTS.reduce((sum, part) => sum + counts[part], 0);
  return Object.fromEntries(PARTS.map((part) => [part, counts[part] / all]));
}
