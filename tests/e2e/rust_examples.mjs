// Builds the examples of the crate for the pages that load them.

import { spawnSync } from "node:child_process";
import { ROOT } from "./server.mjs";

const EXAMPLES = ["rust_frame", "rust_page"];

/** Builds the examples into pages/generated; throws when one does not build. */
export function buildRustExamples() {
  const target = process.env.CARGO_TARGET_DIR ?? `${ROOT}target`;
  const wasm = "wasm32-unknown-unknown";
  const cargo = ["build", "--quiet", "--locked", `--target=${wasm}`, "--features=serde"];
  run("cargo", [...cargo, ...EXAMPLES.map((name) => `--example=${name}`)]);
  for (const name of EXAMPLES) {
    const bindgen = ["--target=web", "--no-typescript", `--out-dir=${ROOT}tests/e2e/pages/generated`];
    run("wasm-bindgen", [...bindgen, `${target}/${wasm}/debug/examples/${name}.wasm`]);
  }
}

function run(program, args) {
  const { status } = spawnSync(program, args, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} failed`);
}
