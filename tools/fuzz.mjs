/**
 * The fuzz smoke: every target's corpus, and changed copies of it, on stable and the same in every run. No
 * fuzzer is in it: a search that may find something new has no place in a test run. With a number of seconds
 * also cargo-fuzz, over all targets; without a nightly compiler that has it, that fails.
 * Ends with `N passed, N failed`.
 *
 *   npm run fuzz:smoke
 *   npm run fuzz:smoke -- 1800      and half an hour of cargo-fuzz in all
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./run.mjs";

const seconds = Number(process.argv[2] ?? 0);
const manifest = readFileSync(join(root, "fuzz/Cargo.toml"), "utf8");
const targets = [...manifest.matchAll(/^path = "fuzz_targets\/(\w+)\.rs"$/gm)].map(([, name]) => name);

function cargo(args, env = {}) {
  return spawnSync("cargo", args, { cwd: root, stdio: "inherit", env: { ...process.env, ...env } });
}
function works(...args) {
  return spawnSync("cargo", args, { stdio: "ignore" }).status === 0;
}

const results = [];
const replay = cargo(["test", "--locked", "--quiet", "--manifest-path", "fuzz/Cargo.toml"]);
results.push(["corpus and changed copies of it, on stable, without a fuzzer", replay.status === 0]);
if (seconds > 0 && works("+nightly", "fuzz", "--version")) {
  const each = Math.max(1, Math.floor(seconds / targets.length));
  for (const target of targets) {
    const run = ["+nightly", "fuzz", "run", "--features", "libfuzzer", target, `fuzz/corpus/${target}`];
    const limits = [`-max_total_time=${each}`, "-timeout=10", "-rss_limit_mb=2048", "-verbosity=0"];
    // New inputs go to a folder of their own: only what is worth keeping is committed.
    const found = join(root, "fuzz/target/found", target);
    spawnSync("mkdir", ["-p", found]);
    run.splice(-1, 1, found, `fuzz/corpus/${target}`);
    results.push([`${target}, ${each} s of cargo-fuzz`, cargo([...run, "--", ...limits]).status === 0]);
  }
} else if (seconds > 0) {
  console.log("nothing was fuzzed: there is no nightly compiler with cargo-fuzz here");
  results.push([`${seconds} s of cargo-fuzz`, false]);
}
for (const [name, ok] of results) console.log(`${ok ? "ok    " : "FAILED"}  ${name}`);
const passed = results.filter(([, ok]) => ok).length;
console.log(`${passed} passed, ${results.length - passed} failed`);
process.exitCode = passed === results.length ? 0 : 1;
