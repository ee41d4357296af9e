/**
 * Mutation testing of the rules that decide: each mutant changes one of them, and a native test must fail for it.
 * Fails when a mutant survives that `.cargo/mutants.toml` does not list with its reason. Takes an hour and more.
 *
 *   npm run test:mutants
 *   npm run test:mutants -- origin requests/proxy     only what is below these
 *   npm run test:mutants -- --list                    the mutants
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "./run.mjs";

/** Where text becomes an origin, who may open a channel, what a session takes from its peer, what the one-shot transports let through. */
const RULES = [
  "origin",
  "requests",
  "channel/handshake",
  "channel/opening",
  "channel/witness",
  "channel/session",
  "channel/sending",
  "channel/serial",
];

const args = process.argv.slice(2);
const flags = args.filter((arg) => arg.startsWith("--"));
const rooms = args.filter((arg) => !arg.startsWith("--"));
const files = (rooms.length > 0 ? rooms : RULES).flatMap((room) => {
  const globs = [];
  if (existsSync(join(root, `src/${room}`))) globs.push(`src/${room}/**/*.rs`);
  if (existsSync(join(root, `src/${room}.rs`))) globs.push(`src/${room}.rs`);
  if (globs.length === 0) throw new Error(`there is no src/${room}`);
  return globs;
});

const { status } = spawnSync(
  "cargo",
  ["mutants", "--output", "target", ...flags, ...files.flatMap((glob) => ["--file", glob])],
  {
    cwd: root,
    stdio: "inherit",
    // The same few cases for every mutant: what kills it in one run does so in the next.
    env: { ...process.env, PROPTEST_CASES: "64", PROPTEST_RNG_SEED: "1", PROPTEST_MAX_SHRINK_ITERS: "0" },
  },
);
process.exitCode = status ?? 1;
