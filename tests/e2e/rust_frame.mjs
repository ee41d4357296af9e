// Builds examples/rust_frame.rs for the pages that load it.

import { spawnSync } from "node:child_process";
import { ROOT } from "./server.mjs";

/** Builds the frame into pages/generated; throws when it does not build. */
export function buildRustFrame() {
  const target = process.env.CARGO_TARGET_DIR ?? `${ROOT}target`;
  const wasm = "wasm32-unknown-unknown";
  const cargo = [
    "build",
    "--quiet",
    "--locked",
    "--example=rust_frame",
    `--target=${wasm}`,
    "--features=serde",
  ];
  const bindgen = ["--target=web", "--no-typescript", `--out-dir=${ROOT}tests/e2e/pages/generated`];
  for (const [program, args] of [
    ["cargo", cargo],
    ["wasm-bindgen", [...bindgen, `${target}/${wasm}/debug/examples/rust_frame.wasm`]],
  ]) {
    const { status } = spawnSync(program, args, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] });
    if (status !== 0) throw new Error(`${program} ${args.join(" ")} failed`);
  }
}
