/**
 * Builds the package a second time, from a copy of the sources in another folder and from nothing, and
 * compares every file with dist/: whoever builds a release can check the hashes that it was given.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectFiles, root, run } from "./run.mjs";

const copy = mkdtempSync(join(tmpdir(), "portcullis-again-"));
try {
  for (const file of projectFiles()) {
    // A file that git still lists may be gone from the working tree.
    cpSync(join(root, file), join(copy, file), { force: true, errorOnExist: false });
  }
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  run(process.execPath, [join(copy, "www/build.mjs")], {
    cwd: copy,
    env: { ...process.env, CARGO_TARGET_DIR: join(copy, "target") },
  });
  const [first, second] = [contents(join(root, "dist")), contents(join(copy, "dist"))];
  const names = [...new Set([...first.keys(), ...second.keys()])].sort();
  const different = names.filter((name) => !first.has(name) || !second.get(name)?.equals(first.get(name)));
  for (const name of different) console.error(`dist/${name} differs`);
  console.log(`${names.length - different.length} passed, ${different.length} failed`);
  process.exitCode = different.length > 0 || names.length === 0 ? 1 : 0;
} finally {
  rmSync(copy, { recursive: true, force: true });
}

function contents(folder) {
  const files = readdirSync(folder, { recursive: true }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );
  return new Map(files.map((name) => [name, readFileSync(join(folder, name))]));
}
