import { parseArgs } from "node:util";

const USAGE = `npm run bench -- [options]

  --quick              2 rounds, Chromium, frames on another site; no documents written
  --rounds N           rounds, each in new tabs (default 3 in Chromium with frames on another site, to which most
                       targets apply, and 2 elsewhere); cases of short samples take two or three in a round, and
                       lone calls three times as many rounds
  --engine NAME        chromium, firefox, or both with a comma (default both)
  --site NAME          cross, same, or both with a comma (default both)
  --only LIST          cases (lone,burst) and/or rows (portcullis,penpal), comma-separated
  --skip LIST          the same, left out
  --write              write docs/benchmarks.md even from a partial run
  --draw               write docs/benchmarks.md and its charts from results.jsonl (of each engine and site the
                       newest run); measure nothing
  --profile CASE       CPU profile of one case in Chromium, for the rows of --only (default portcullis)
  --perf CASE          one case in Chromium, frames on the same site, by Linux' perf: its time in engine, scripts
                       and system, for the rows of --only
  --trace CASE         one case in Chromium by its own trace: main threads' time by kind of work
  --help
`;

/** The command line, checked. */
export function options(cases, libraries) {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      engine: { type: "string" },
      site: { type: "string" },
      only: { type: "string", default: "" },
      skip: { type: "string", default: "" },
      write: { type: "boolean", default: false },
      draw: { type: "boolean", default: false },
      profile: { type: "string" },
      perf: { type: "string" },
      trace: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    process.exit(0);
  }
  const only = list(values.only);
  const skip = list(values.skip);
  const known = [...cases, ...libraries].flatMap((row) => [row.name, row.module]).filter(Boolean);
  for (const name of [
    ...only,
    ...skip,
    ...list(values.profile ?? ""),
    ...list(values.perf ?? ""),
    ...list(values.trace ?? ""),
  ]) {
    if (!known.some((other) => same(other, name)))
      fail(`"${name}" is neither a case nor a row: ${[...new Set(known)].join(", ")}`);
  }
  const chosen = (rows) => {
    const named = rows.filter((row) => only.some((name) => matches(row, name)));
    return (named.length > 0 ? named : rows).filter((row) => !skip.some((name) => matches(row, name)));
  };
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && (!Number.isInteger(rounds) || rounds < 1))
    fail("--rounds wants a whole number from 1");
  return {
    ...values,
    roundsOf: (engine, site) =>
      rounds ?? (!values.quick && engine === "chromium" && site === "cross" ? 3 : 2),
    engines: among(
      values.engine ?? (values.quick ? "chromium" : "chromium,firefox"),
      ["chromium", "firefox"],
      "--engine",
    ),
    sites: among(values.site ?? (values.quick ? "cross" : "cross,same"), ["cross", "same"], "--site"),
    cases: chosen(cases),
    libraries: chosen(libraries),
    complete: !values.quick && only.length === 0 && skip.length === 0,
  };
}

const list = (text) => text.split(",").filter(Boolean);
const same = (one, other) => one.toLowerCase() === other.toLowerCase();
const matches = (row, name) =>
  same(row.name, name) || (row.module !== undefined && same(row.module, name) && row.name !== "raw again");

function among(text, allowed, flag) {
  const names = list(text);
  if (names.length === 0 || names.some((name) => !allowed.includes(name)))
    fail(`${flag} wants ${allowed.join(" or ")}`);
  return names;
}

function fail(message) {
  process.stderr.write(`bench: ${message}\n`);
  process.exit(2);
}
