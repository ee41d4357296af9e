// What the tests print, and what they leave behind for a failure: a picture and the logs.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";

export class Report {
  #folder;
  #verbose;
  #passed = 0;
  #failures = [];
  #started = performance.now();
  #suites = new Map();
  /** Every case that ran: its engine, suite, name, and whether it passed. */
  outcomes = [];

  constructor(folder, { verbose }) {
    this.#folder = folder;
    this.#verbose = verbose;
    rmSync(folder, { recursive: true, force: true });
  }

  started(engine) {
    console.log(`${engine.name} ${engine.version}`);
  }

  /** Takes the outcome of one case. */
  async case(engine, suite, name, { ms = 0, error, note }) {
    const line = `${engine.name} ${suite}: ${name}`;
    this.outcomes.push({ engine: engine.name, suite, name, passed: !error });
    const key = `${engine.name} ${suite}`;
    const sums = this.#suites.get(key) ?? { passed: 0, failed: 0, ms: 0 };
    this.#suites.set(key, sums);
    sums.ms += ms;
    if (!error) {
      sums.passed += 1;
      this.#passed += 1;
      if (this.#verbose) console.log(`  ok ${line} (${ms} ms)`);
      if (note) console.log(`  ${line}: ${note}`);
      return;
    }
    sums.failed += 1;
    this.#failures.push(line);
    const kept = await this.#keep(engine, `${engine.name}-${suite}-${name}`);
    console.log(`  FAILED ${line} (${ms} ms)\n${indented(error)}${kept}`);
  }

  suite(engine, suite) {
    const sums = this.#suites.get(`${engine.name} ${suite}`);
    if (!sums) return;
    const failed = sums.failed > 0 ? `, ${sums.failed} FAILED` : "";
    console.log(`${engine.name} ${suite}: ${sums.passed} passed${failed} (${(sums.ms / 1000).toFixed(1)} s)`);
  }

  /** Prints what the cases said about each attack. A case that did not run is a failure of its own. */
  attacks(rows) {
    console.log("\nattacks:");
    for (const { id, text, results } of rows) {
      const marks = results.map(({ engine, wrong }) => `${engine} ${wrong.length > 0 ? "FAILED" : "ok"}`);
      console.log(`  ${id}  ${marks.join("  ")}  ${text}`);
      for (const { engine, wrong } of results) {
        for (const { suite, case: name, why } of wrong) {
          console.log(`       ${engine} ${suite}: ${name}: ${why}`);
          if (why === "did not run") this.#failures.push(`${engine} ${suite}: ${name} (${id}: did not run)`);
        }
      }
    }
  }

  /** Prints the sums; true if nothing failed. */
  close() {
    const seconds = Math.round((performance.now() - this.#started) / 1000);
    if (this.#failures.length > 0)
      console.log(`\nfailed:\n${this.#failures.map((line) => `  ${line}`).join("\n")}`);
    console.log(`\ne2e took ${seconds} s`);
    console.log(`${this.#passed} passed, ${this.#failures.length} failed`);
    return this.#failures.length === 0 && this.#passed > 0;
  }

  async #keep(engine, title) {
    const path = `${this.#folder}/${title.replaceAll(/[^A-Za-z0-9]+/g, "-").slice(0, 120)}`;
    mkdirSync(this.#folder, { recursive: true });
    const log = engine.log?.take();
    if (log) writeFileSync(`${path}.log`, log);
    const picture = await engine.picture?.();
    if (picture) writeFileSync(`${path}.png`, picture, "base64");
    return `\n    kept: target/e2e/${path.slice(this.#folder.length + 1)}.{log,png}`;
  }
}

function indented(text) {
  return String(text)
    .split("\n")
    .slice(0, 30)
    .map((line) => `    ${line}`)
    .join("\n");
}
