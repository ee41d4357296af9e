// Shows that the model checker can fail: each acceptance check is taken out of a copy of the real code,
// one at a time, and the checker must find what goes wrong.
//
// Prints `N passed, N failed`.

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const copy = join(root, "target/seeded");

/** What is taken out: a text that must stand exactly once in the file, and what comes in its place. */
const seeds = [
  {
    check: "the event is trusted",
    file: "src/channel/handshake.rs",
    from: "if !arrival.trusted {",
    to: "if false {",
    scenario: "a forged greeting and a call",
  },
  {
    check: "the greeting comes from the bound window",
    file: "src/channel/witness.rs",
    from: "if bound != 0 && bound == source {",
    to: "if bound != 0 && (bound == source || source > 0) {",
    scenario: "a forged greeting and a call",
  },
  {
    check: "the origin is on the list",
    file: "src/channel/witness.rs",
    from: "if fits { Ok(Self(())) }",
    to: "if fits || !fits { Ok(Self(())) }",
    scenario: "the frame navigates",
  },
  {
    check: "the opening echoes the nonce",
    file: "src/channel/witness.rs",
    from: "(mine == echo).then_some(Self(()))",
    to: "(mine == echo || mine != echo).then_some(Self(()))",
    scenario: "a forged greeting and a call",
    // Alone it is a second lock: the source has to be forged as well.
    with: [
      { file: "src/channel/witness.rs", from: "if bound != 0 && bound == source {", to: "if bound != 0 {" },
    ],
  },
  {
    check: "a sandboxed page's offer is taken once",
    file: "src/channel/handshake.rs",
    from: "if open || self.attempt.is_some() {",
    to: "if false {",
    scenario: "an opaque frame",
  },
];

function replaceOnce(file, from, to) {
  const path = join(copy, file);
  const text = readFileSync(path, "utf8");
  if (text.split(from).length !== 2) throw new Error(`${file}: "${from}" does not stand there exactly once`);
  writeFileSync(
    path,
    text.replace(from, () => to),
  );
}

function runModel(scenario) {
  const args = ["run", "--quiet", "--profile", "model", "-p", "portcullis-model", "--", scenario];
  // The copy's own target folder is kept between seeds, so that only the changed crate is built again.
  return spawnSync("cargo", args, { cwd: copy, encoding: "utf8" });
}

let passed = 0;
let failed = 0;
mkdirSync(copy, { recursive: true });
for (const { check, file, from, to, scenario, with: others = [] } of seeds) {
  for (const part of [
    "src",
    "examples",
    "tests/browser",
    "tests/native",
    "tests/model",
    "www/server",
    "Cargo.toml",
    "Cargo.lock",
    "README.md",
  ]) {
    rmSync(join(copy, part), { recursive: true, force: true });
    cpSync(join(root, part), join(copy, part), { recursive: true });
  }
  for (const change of [{ file, from, to }, ...others]) replaceOnce(change.file, change.from, change.to);
  const { status, stdout, stderr } = runModel(scenario);
  const found = status === 1 && /FAILED: /.test(stdout);
  if (found) {
    passed += 1;
    console.log(`without "${check}": found, ${/FAILED: (.*)/.exec(stdout)[1]}`);
  } else {
    failed += 1;
    console.log(`without "${check}": NOT FOUND\n${stdout}\n${stderr}`);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
