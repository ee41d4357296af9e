import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder that holds package.json and Cargo.toml. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Where Cargo puts what it builds. */
export const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");

/** Runs a program to its end and gives what it printed; throws with what it complained about. */
export function run(program, args, options = {}) {
  try {
    return execFileSync(program, args, {
      cwd: root,
      encoding: "utf8",
      maxBuffer: 1 << 28,
      stdio: ["ignore", "pipe", "pipe"],
      ...options,
    });
  } catch (error) {
    const said = [error.stdout, error.stderr].filter(Boolean).join("\n").trim();
    throw new Error(`${[program, ...args].join(" ")}\n${said || error.message}`);
  }
}

/** Cargo, with its progress on the terminal. */
export function cargo(args, env = {}) {
  return run("cargo", args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", process.stderr.isTTY ? "inherit" : "pipe"],
  });
}

/** The files of the project that these patterns name, or all; those too that Git does not know yet. */
export function projectFiles(...patterns) {
  // Whoever runs this need not own the checkout, as in a container; Git refuses that elsewhere.
  const git = ["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  return run("git", [...git, "--", ...patterns])
    .split("\0")
    .filter(Boolean);
}

/** A tool of the npm package binaryen, which brings wasm-opt and wasm2js as JavaScript. */
export function binaryen(tool, args) {
  const require = createRequire(join(root, "package.json"));
  const folder = dirname(require.resolve("binaryen/package.json"));
  return run(process.execPath, [join(folder, "bin", tool), ...args]);
}
