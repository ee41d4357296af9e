// Runs one suite in one engine.

import { readdirSync, readFileSync } from "node:fs";
import { ENGINE_NAMES, Late, startEngine, within } from "./engines.mjs";
import { NothingSaid, said } from "./said.mjs";
import { PAGES, ROOT } from "./server.mjs";

/** How long a page may take to stand where the driver says it does. */
const OPEN_MS = 60_000;
/** Longer than any case, and than the driver lets a script run: WebKit's says nothing ever when its page's process spins. */
const SILENT_MS = 300_000;

const REQUESTS = { "": { entry: "requests" }, "no-wasm": { entry: "requests-no-wasm", channel: "no-wasm" } };

/** What differs between engines, for the cases that assert it. */
const { facts } = JSON.parse(readFileSync(`${ROOT}tests/e2e/engine_facts.json`, "utf8"));

/** A policy that the entry without wasm fits; its guests have it too. */
const WITHOUT_WASM = { entry: "no-wasm", csp: "default-src 'none'; script-src 'self'; frame-src *" };

/** The strictest that a page with that entry can have. */
const STRICT = {
  ...WITHOUT_WASM,
  csp: `${WITHOUT_WASM.csp}; require-trusted-types-for 'script'; trusted-types 'none'`,
};

/** The same for a page with a worker: Trusted Types forbid `new Worker` with a text. The worker's script has it too. */
const STRICT_WITH_WORKER = {
  entry: "no-wasm",
  csp: "default-src 'none'; script-src 'self'; worker-src 'self'",
};

/** Page suites that need parameters, or run more than once with others each time. */
const VARIANTS = {
  contract: {
    guest: { over: "guest" },
    sibling: { over: "sibling" },
    "no-wasm": { over: "guest", ...STRICT },
    "no-wasm-opaque": { over: "opaque", ...STRICT },
    "no-wasm-port": { over: "port", ...STRICT_WITH_WORKER },
    "no-wasm-worker": { over: "worker", ...STRICT_WITH_WORKER },
    popup: { over: "popup" },
    opaque: { over: "opaque" },
    port: { over: "port" },
    worker: { over: "worker" },
    "shared-worker": { over: "shared" },
    "service-worker": { over: "service" },
    introduced: { over: "introduced" },
  },
  forgery: { "": {}, "no-wasm": STRICT },
  bad_input: { "": {}, "no-wasm": STRICT },
  hostile: { "": {}, "no-wasm": STRICT },
  // Two of its cases write markup themselves, which Trusted Types refuse.
  handshake: { "": {}, "no-wasm": WITHOUT_WASM },
  life: { "": {}, "no-wasm": STRICT },
  storage: { "": {}, "no-wasm": STRICT },
  schemas: { "": {}, "no-wasm": STRICT },
  carriers: { "": {}, "no-wasm": STRICT },
  inspector: { "": {}, slim: { entry: "slim" }, "no-wasm": STRICT },
  beacon: REQUESTS,
  popup: {
    "": {},
    "same-origin": { coop: "same-origin" },
    "same-origin-allow-popups": { coop: "same-origin-allow-popups" },
  },
  proxy_callers: REQUESTS,
  cors: REQUESTS,
  // Under this policy a channel of the other core fails.
  document_domain: { ...REQUESTS, "no-wasm": { ...REQUESTS["no-wasm"], csp: "script-src 'self'" } },
  jsonp: REQUESTS,
  limits: REQUESTS,
  window_name: REQUESTS,
};

/**
 * What a run of everything has in one engine alone: the same cases once more, over the core without wasm, whose own
 * ways with each engine the contract and the attacks show in all of them. The longest way through a run is the other
 * two engines, one after the other.
 */
const IN_CHROMIUM = [
  "beacon",
  "document_domain",
  "handshake",
  "jsonp",
  "life",
  "proxy_callers",
  "window_name",
].map((file) => `${file}:no-wasm`);

/** All suites; a page suite named `a:b` is `pages/cases/a.js` with the parameters of variant `b`. */
export function suites() {
  const names = (folder, suffix) =>
    readdirSync(`${ROOT}tests/e2e/${folder}`)
      .filter((file) => file.endsWith(suffix))
      .map((file) => file.slice(0, -suffix.length))
      .sort();
  const pages = names("pages/cases", ".js").flatMap((file) =>
    Object.entries(VARIANTS[file] ?? { "": {} }).map(([variant, parameters]) => ({
      name: variant ? `${file}:${variant}` : file,
      page: { suite: file, ...parameters },
    })),
  );
  const driven = names("suites", ".mjs").map((file) => ({ name: file, module: `./suites/${file}.mjs` }));
  return [...pages, ...driven].map((suite) => ({
    ...suite,
    engines: IN_CHROMIUM.includes(suite.name) ? ["chromium"] : ENGINE_NAMES,
  }));
}

/**
 * Runs a suite and gives back the engine to go on with: a browser that hangs is replaced.
 * `context`: `server`, `report`, `only(name, suite)`.
 */
export async function runSuite(engine, suite, context) {
  const kind = suite.page ? new PageSuite(suite, context) : new DriverSuite(suite, context);
  let current = engine;
  let names;
  try {
    names = await kind.names(current);
  } catch (error) {
    // No case has run yet: what failed is the driver, or the browser has ended.
    console.log(`  ${engine.name} ${suite.name} is opened once more: ${error.message}`);
    current = await recovered(current, kind);
    names = await kind.names(current);
  }
  for (const name of names) {
    if (!context.only(name, suite.name)) continue;
    let outcome = await outcomeOf(kind, current, name);
    if (!outcome) {
      current = await recovered(current, kind);
      outcome = (await outcomeOf(kind, current, name)) ?? { error: "the driver gave no outcome, twice" };
    }
    await context.report.case({ ...current, picture: () => picture(current) }, suite.name, name, outcome);
    if (outcome.error) current = await recovered(current, kind);
  }
  context.report.suite(current, suite.name);
  return current;
}

/** What WebKit's driver says when the process of the page ends beneath a script. */
const CRASHED = "Could not parse script result";

/** How a case ended; nothing if it has said nothing. */
async function outcomeOf(kind, engine, name) {
  try {
    return said(await within(SILENT_MS, kind.run(engine, name), `${name}: nothing was said`, engine.log));
  } catch (error) {
    if (error instanceof Late) {
      console.log(`  ${engine.name} is started anew: ${error.message}`);
      await engine.stop();
    }
    if (error instanceof Late || error instanceof NothingSaid) return undefined;
    if (error.message === CRASHED) {
      console.log(`  ${engine.name} is started anew: its page's process has crashed in "${name}"`);
      return undefined;
    }
    return { error: `the driver says: ${error.stack ?? error}` };
  }
}

class PageSuite {
  constructor(suite, { server, report }) {
    this.suite = suite;
    this.server = server;
    this.report = report;
  }

  async names(engine) {
    const { names, error } = await this.open(engine);
    if (error) await this.report.case(engine, this.suite.name, "the suite loads", { error });
    return names ?? [];
  }

  async open(engine) {
    const query = new URLSearchParams({
      ...this.suite.page,
      engine: engine.name,
      ports: this.server.ports.join(),
      https: this.server.https,
    });
    const url = `${this.server.url}${PAGES}/runner.html?${query}`;
    await engine.driver.get(url);
    // geckodriver was seen to say that a page has loaded while the one before it still stood.
    await engine.driver.wait(async () => (await engine.driver.getCurrentUrl()) === url, OPEN_MS);
    return said(
      await engine.driver.executeScript(`return (${loaded})(arguments[0], arguments[1])`, facts, url),
    );
  }

  run(engine, name) {
    return engine.driver.executeScript("return window.results.runCase(arguments[0])", name);
  }
}

/**
 * Runs in the page. WebKit's driver may say that a page has loaded before its modules have run. Another page than
 * the one asked for says nothing.
 */
function loaded(facts, url) {
  if (location.href !== url) return null;
  return new Promise((resolve) => {
    const begin = () => resolve(window.results.load(facts));
    if (window.results) begin();
    else window.addEventListener("results", begin, { once: true });
  });
}

class DriverSuite {
  constructor(suite, { server }) {
    this.suite = suite;
    this.server = server;
  }

  async names() {
    this.cases = (await import(this.suite.module)).cases;
    return Object.keys(this.cases);
  }

  async open() {}

  async run(engine, name) {
    const started = performance.now();
    const done = (error) => ({
      ms: Math.round(performance.now() - started),
      error: error && (error.stack ?? `${error}`),
    });
    try {
      await this.cases[name]({
        engine: engine.name,
        driver: engine.driver,
        server: this.server,
        pages: PAGES,
      });
      return done();
    } catch (error) {
      if (error instanceof NothingSaid) throw error;
      return done(error);
    } finally {
      await leaveOneWindow(engine.driver);
    }
  }
}

/** A fresh page after a failure; a fresh browser if it no longer answers. */
async function recovered(engine, kind) {
  try {
    await leaveOneWindow(engine.driver);
    await kind.open(engine);
    return engine;
  } catch {
    await engine.stop();
    const next = await startEngine(engine.name);
    await kind.open(next);
    return next;
  }
}

/** Closes all windows but the first. */
async function leaveOneWindow(driver) {
  const [first, ...others] = await driver.getAllWindowHandles();
  for (const handle of others) {
    await driver.switchTo().window(handle);
    await driver.close();
  }
  await driver.switchTo().window(first);
}

async function picture({ driver }) {
  try {
    return await Promise.race([
      driver.takeScreenshot(),
      // WebKit never answers for a window that is not shown.
      new Promise((resolve) => setTimeout(resolve, 5_000).unref()),
    ]);
  } catch {
    return undefined;
  }
}
