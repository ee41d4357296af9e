/**
 * The one test command. Installs what is missing, runs every stage, goes on after a failed one, and
 * ends with the line `N passed, N failed`.
 *
 *   npm test                        everything
 *   npm run check                   the quick part
 *   npm test -- --stage e2e,size    stages whose name holds one of these texts
 *   npm test -- --list              the names
 */
import { spawn } from "node:child_process";
import { parseArgs } from "node:util";
import { installTestTools } from "./install.mjs";
import { root } from "./run.mjs";
import { count } from "./test/count.mjs";
import { stages } from "./test/stages.mjs";

const { values: flags } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    stage: { type: "string", multiple: true, default: [] },
  },
});

const wanted = flags.stage.flatMap((names) => names.split(","));
const chosen = stages.filter(
  ({ name, quick }) =>
    (!flags.quick || quick) && (wanted.length === 0 || wanted.some((text) => name.includes(text))),
);
if (flags.list) {
  for (const { name, quick } of chosen) console.log(quick ? `${name} (quick)` : name);
  process.exit(0);
}

installTestTools();
const results = [];
for (const stage of chosen) results.push(await perform(stage));

console.log(`\n${"stage".padEnd(32)}passed  failed  seconds`);
for (const { name, passed, failed, seconds } of results) {
  const row = [
    name.padEnd(32),
    String(passed).padStart(6),
    String(failed).padStart(6),
    seconds.toFixed(1).padStart(7),
  ];
  console.log(row.join("  ") + (failed > 0 ? "  FAILED" : ""));
}
const sum = (key) => results.reduce((total, result) => total + result[key], 0);
console.log(`${sum("passed")} passed, ${sum("failed")} failed`);
process.exitCode = sum("failed") > 0 || results.length === 0 ? 1 : 0;

/** Runs the commands of a stage one after the other, shows what they print and counts their tests. */
async function perform({ name, commands }) {
  console.log(`\n=== ${name}`);
  const started = performance.now();
  const result = { name, passed: 0, failed: 0 };
  for (const [program, args, env, saidNothing] of commands) {
    let outcome = await execute(program, args, env);
    if (!outcome.succeeded && saidNothing?.(outcome.output)) outcome = await execute(program, args, env);
    const { passed, failed } = count(outcome);
    result.passed += passed;
    result.failed += failed;
  }
  return { ...result, seconds: (performance.now() - started) / 1000 };
}

function execute(program, args, env = {}) {
  console.log(
    `$ ${[...Object.entries(env).map(([key, value]) => `${key}="${value}"`), program, ...args].join(" ")}`,
  );
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    // Apart: a piece of one may come in the middle of a line of the other, which may be the one that counts.
    const said = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"]) {
      child[stream].setEncoding("utf8").on("data", (text) => {
        said[stream] += text;
        process[stream].write(text);
      });
    }
    const done = (succeeded) => resolve({ output: `${said.stdout}\n${said.stderr}`, succeeded });
    child.on("error", (error) => {
      console.error(error.message);
      done(false);
    });
    child.on("close", (code) => done(code === 0));
  });
}
