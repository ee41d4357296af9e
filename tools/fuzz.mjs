/**
 * The fuzz smoke: every target's corpus, and changed copies of it, the same in every run. No fuzzer is in
 * it: a search that may find something new has no place in a test run. With a number of seconds also
 * libFuzzer, over all targets; it needs a C++ compiler, and where it cannot be built, that fails.
 * Ends with `N passed, N failed`.
 *
 *   npm run fuzz:smoke
 *   npm run fuzz:smoke -- 1800      and half an hour of libFuzzer in all
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./run.mjs";

const seconds = Number(process.argv[2] ?? 0);
const manifest = readFileSync(join(root, "fuzz/Cargo.toml"), "utf8");
const targets = [...manifest.matchAll(/^path = "fuzz_targets\/(\w+)\.rs"$/gm)].map(([, name]) => name);

/** What cargo-fuzz sets, without the sanitizers: they need a nightly compiler, and nothing here is unsafe. */
const COVERAGE = [
  "-Cpasses=sancov-module",
  "-Cllvm-args=-sanitizer-coverage-level=4",
  "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
  "-Cllvm-args=-sanitizer-coverage-pc-table",
  "-Cllvm-args=-sanitizer-coverage-trace-compares",
  "-Ccodegen-units=1",
  "-Cdebug-assertions",
  "--cfg fuzzing",
].join(" ");

function succeeds(program, args, env = {}) {
  const { status } = spawnSync(program, args, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  return status === 0;
}
function cargo(command, args, env) {
  return succeeds(
    "cargo",
    [command, "--locked", "--quiet", "--manifest-path", "fuzz/Cargo.toml", ...args],
    env,
  );
}

const results = [["corpus and changed copies of it, without a fuzzer", cargo("test", [])]];
if (seconds > 0) {
  // With a target named, the flags are not those of build scripts as well.
  const triple = /^host: (.*)$/m.exec(spawnSync("rustc", ["-vV"], { encoding: "utf8" }).stdout)[1];
  const built = cargo("build", ["--release", "--features=libfuzzer", "--bins", `--target=${triple}`], {
    CARGO_TARGET_DIR: "fuzz/target",
    RUSTFLAGS: COVERAGE,
  });
  if (!built) results.push(["libFuzzer could not be built: nothing was fuzzed", false]);
  const each = Math.max(1, Math.floor(seconds / targets.length));
  for (const target of built ? targets : []) {
    // New inputs go to a folder of their own: only what is worth keeping is committed.
    const found = join(root, "fuzz/target/found", target);
    mkdirSync(found, { recursive: true });
    const limits = [`-max_total_time=${each}`, "-timeout=10", "-rss_limit_mb=2048", "-verbosity=0"];
    const program = join(root, "fuzz/target", triple, "release", target);
    const args = [
      ...limits,
      "-print_final_stats=1",
      `-artifact_prefix=${found}/`,
      found,
      `fuzz/corpus/${target}`,
    ];
    console.log(target);
    results.push([`${target}, ${each} s of libFuzzer`, succeeds(program, args)]);
  }
}
for (const [name, ok] of results) console.log(`${ok ? "ok    " : "FAILED"}  ${name}`);
const passed = results.filter(([, ok]) => ok).length;
console.log(`${passed} passed, ${results.length - passed} failed`);
process.exitCode = passed === results.length ? 0 : 1;
