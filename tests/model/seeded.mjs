// Shows that the model checker can fail: each acceptance check is taken out of a copy of the real code,
// one at a time, and the checker must find what goes wrong.
//
// All of them are built into one program, and SEED says which one is out: a build costs more than a search.
//
// Prints `N passed, N failed`.

import { spawnSync } from "node:child_process";
import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const copy = join(root, "target/seeded");

/** What is taken out: a text that must stand exactly once in the file, and what comes in its place. OUT is true without the check. */
const seeds = [
  {
    check: "the event is trusted",
    file: "src/channel/handshake.rs",
    from: "if !arrival.trusted {",
    to: "if !arrival.trusted && !OUT {",
    scenario: "a forged greeting and a call",
  },
  {
    check: "the greeting comes from the bound window",
    file: "src/channel/witness.rs",
    from: "if bound != 0 && bound == source {",
    to: "if bound != 0 && (bound == source || OUT) {",
    scenario: "a forged greeting and a call",
  },
  {
    check: "the origin is on the list",
    file: "src/channel/witness.rs",
    from: "if fits { Ok(Self(())) }",
    to: "if fits || OUT { Ok(Self(())) }",
    scenario: "the frame navigates",
  },
  {
    check: "the greeting is of this channel",
    file: "src/channel/handshake.rs",
    from: "if arrival.name != self.name {",
    to: "if arrival.name != self.name && !OUT {",
    scenario: "a forged greeting and a call",
  },
  {
    check: "the greeting is of this version",
    file: "src/channel/handshake.rs",
    from: "if arrival.version != WIRE_VERSION {",
    to: "if arrival.version != WIRE_VERSION && !OUT {",
    scenario: "a forged greeting and a call",
  },
  {
    check: "the nonce is echoed",
    file: "src/channel/witness.rs",
    from: "(mine == echo).then_some(Self(()))",
    to: "(mine == echo || OUT).then_some(Self(()))",
    scenario: "a forged greeting and a call",
  },
  {
    check: "a sandboxed page's offer is taken once",
    file: "src/channel/handshake.rs",
    from: "if open || self.attempt.is_some() {",
    to: "if (open || self.attempt.is_some()) && !OUT {",
    scenario: "an opaque frame",
  },
  {
    check: "a message that came before is dropped",
    file: "src/channel/session.rs",
    from: "if seq == self.taken || precedes(seq, self.taken) {",
    to: "if (seq == self.taken || precedes(seq, self.taken)) && !OUT {",
    scenario: "a port whose messages come again, never, or too early",
  },
  {
    check: "a gap in the numbers ends the session",
    file: "src/channel/session.rs",
    from: "if seq != self.taken.wrapping_add(1) {",
    to: "if seq != self.taken.wrapping_add(1) && !OUT {",
    scenario: "a port whose messages come again, never, or too early",
  },
];

function change(file, from, to) {
  const path = join(copy, file);
  const text = readFileSync(path, "utf8");
  if (text.split(from).length !== 2) throw new Error(`${file}: "${from}" does not stand there exactly once`);
  writeFileSync(
    path,
    text.replace(from, () => to),
  );
}

function cargo(args, options) {
  // What both builds use is built once.
  const env = { ...process.env, CARGO_TARGET_DIR: join(root, "target"), ...options.env };
  return spawnSync("cargo", args, { cwd: copy, ...options, env });
}

mkdirSync(copy, { recursive: true });
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
for (const [number, { file, from, to }] of seeds.entries()) {
  change(file, from, to.replaceAll("OUT", `crate::is_out(${number})`));
}
// What asks the environment cannot be worked out by the compiler.
change("src/channel/witness.rs", "pub(super) const fn check(bound", "pub(super) fn check(bound");
appendFileSync(
  join(copy, "src/lib.rs"),
  `
extern crate std;
static SEED: std::sync::LazyLock<Option<usize>> =
    std::sync::LazyLock::new(|| std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()));
fn is_out(seed: usize) -> bool {
    *SEED == Some(seed)
}
`,
);

const run = ["run", "--quiet", "--profile", "model", "-p", "portcullis-model", "--"];
let passed = 0;
let failed = 0;
for (const [number, { check, scenario }] of seeds.entries()) {
  const { status, stdout, stderr } = cargo([...run, scenario], {
    env: { SEED: String(number) },
    encoding: "utf8",
  });
  const found = status === 1 && /FAILED: (.*)/.exec(stdout);
  if (found) {
    passed += 1;
    console.log(`without "${check}": found, ${found[1]}`);
  } else {
    failed += 1;
    console.log(`without "${check}": NOT FOUND\n${stdout}\n${stderr}`);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
