// End-to-end tests: every case in Chromium, Firefox and WebKit, on pages of several real origins.
//
//   node tests/e2e/run.mjs [--engine chromium,firefox] [--suite handshake] [--only "part of a name"] [--jobs 2: browsers at once] [--list] [--attacks]
//
// `--attacks` runs the cases of attacks.json alone. With it, and when nothing was left out, every attack must have
// been shown in every engine: a case that is named there and did not run is a failure.
//
// A page suite (pages/cases/*.js) runs inside one page, one WebDriver call for each case. A driver suite
// (suites/*.mjs) gives the commands itself, for what only a driver can do: navigate the top page, look at a picture.
// Some suites run in one engine only unless `--suite` asks for them: suite.mjs names them.

import { parseArgs } from "node:util";
import { judged, showsAttack } from "./attacks.mjs";
import { ENGINE_NAMES, startEngine } from "./engines.mjs";
import { Report } from "./report.mjs";
import { buildRustExamples } from "./rust_examples.mjs";
import { buildSchemas } from "./schemas.mjs";
import { ROOT, startServer } from "./server.mjs";
import { runSuite, suites } from "./suite.mjs";

const { values: flags } = parseArgs({
  options: {
    engine: { type: "string", multiple: true },
    suite: { type: "string", multiple: true },
    only: { type: "string", multiple: true },
    jobs: { type: "string", default: "2" },
    list: { type: "boolean", default: false },
    attacks: { type: "boolean", default: false },
    verbose: { type: "boolean", default: false },
  },
});

const listed = (texts) => (texts ?? []).flatMap((text) => text.split(","));
const engines = flags.engine ? listed(flags.engine) : ENGINE_NAMES;
const unknown = engines.filter((name) => !ENGINE_NAMES.includes(name));
if (unknown.length > 0) {
  console.error(`no engine is called ${unknown.join(", ")}; there are ${ENGINE_NAMES.join(", ")}`);
  process.exit(2);
}

const wanted = listed(flags.suite);
const chosen = suites().filter(
  ({ name }) =>
    (wanted.length === 0 || wanted.some((part) => name.includes(part))) &&
    (!flags.attacks || showsAttack(name)),
);
if (flags.list) {
  for (const { name } of chosen) console.log(name);
  process.exit(0);
}

const report = new Report(`${ROOT}target/e2e`, { verbose: flags.verbose });
const only = (name, suite) =>
  (!flags.only || flags.only.some((part) => name.includes(part))) &&
  (!flags.attacks || showsAttack(suite, name));

// Browsers are children in groups of their own: they end at `exit`, which a signal alone does not bring.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(130));

if (chosen.some(({ name }) => name.startsWith("rust"))) buildRustExamples();
if (chosen.some(({ name }) => name.startsWith("schemas"))) buildSchemas();
const server = await startServer();
/** The suites that nobody has begun, by engine. */
const left = new Map(
  engines.map((name) => [name, chosen.filter((suite) => wanted.length > 0 || suite.engines.includes(name))]),
);
const begun = new Set();
try {
  const work = async () => {
    for (let name = nextEngine(); name; name = nextEngine()) await runEngine(name);
  };
  await Promise.all(Array.from({ length: Math.max(1, Number(flags.jobs)) }, work));
} finally {
  server.stop();
}
if (!flags.only && wanted.length === 0) report.attacks(judged(report.outcomes, engines));
process.exit(report.close() ? 0 : 1);

/** An engine that waits for its turn; when there is none, the one with most to do gets a second browser. */
function nextEngine() {
  const waiting = engines.find((name) => !begun.has(name));
  const [busiest] = [...engines].sort((one, other) => left.get(other).length - left.get(one).length);
  const name = waiting ?? (left.get(busiest).length > 1 ? busiest : undefined);
  begun.add(name);
  return name;
}

async function runEngine(name) {
  let engine;
  try {
    engine = await startEngine(name);
    report.started(engine);
    for (let suite = left.get(name).shift(); suite; suite = left.get(name).shift())
      engine = await runSuite(engine, suite, { server, report, only });
  } catch (error) {
    left.set(name, []);
    await report.case(engine ?? { name }, "engine", `${name} runs`, { error: error.stack ?? String(error) });
  } finally {
    await engine?.stop();
  }
}
