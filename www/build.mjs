/**
 * Builds the npm package into dist/.
 *
 * cargo rustc -> wasm-bindgen -> wasm-opt -> dist/*.wasm and the generated modules, then tsc for the
 * facade: separate ES modules, so that a bundler keeps one copy of what entries share. With `--core`
 * it stops after the generated modules, which is what the TypeScript sources need to be checked.
 */
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { buildSync, transformSync } from "esbuild";
import { printable } from "../tools/build/printable.mjs";
import { buildSlice, generatedFiles, slices } from "../tools/build/slice.mjs";
import { root, run } from "../tools/run.mjs";

const lib = join(root, "www/lib");
const dist = join(root, "dist");
const generated = join(lib, "internal/generated");

const folders = buildCores();
if (!process.argv.includes("--core")) {
  buildFacade();
  buildScripts();
  writeHashes();
}

function buildCores() {
  const folders = slices.map((slice) => ({ ...slice, folder: buildSlice(slice) }));
  rmSync(generated, { recursive: true, force: true });
  mkdirSync(generated, { recursive: true });
  for (const { folder } of folders) {
    for (const file of generatedFiles(folder)) copyFileSync(join(folder, file), join(generated, file));
  }
  return folders;
}

function buildFacade() {
  rmSync(dist, { recursive: true, force: true });
  const { bin } = JSON.parse(readFileSync(join(root, "node_modules/typescript/package.json"), "utf8"));
  run(process.execPath, [join(root, "node_modules/typescript", bin.tsc), "-p", "tsconfig.build.json"]);
  // The comments live on in the declarations; code is ASCII whatever a page says its charset is.
  for (const file of files(dist, ".js")) {
    const source = readFileSync(join(dist, file), "utf8");
    const { code } = transformSync(source, { format: "esm", target: "es2022", charset: "ascii" });
    writeFileSync(join(dist, file), code);
  }
  mkdirSync(join(dist, "internal/generated"), { recursive: true });
  for (const file of readdirSync(generated)) {
    copyFileSync(join(generated, file), join(dist, "internal/generated", file));
  }
  for (const { name, folder } of folders.filter(({ plainOnly }) => !plainOnly))
    copyFileSync(join(folder, `${name}.wasm`), join(dist, `${name}.wasm`));
}

/** For `<script src>`: one file each, with everything behind the global name `portcullis`. */
function buildScripts() {
  for (const name of ["global", "global-no-wasm"]) {
    const file = join(dist, `${name}.js`);
    if (!existsSync(file)) continue;
    buildSync({
      entryPoints: [file],
      outfile: file,
      allowOverwrite: true,
      bundle: true,
      minify: true,
      format: "iife",
      globalName: "portcullis",
      target: "es2022",
      charset: "ascii",
      logLevel: "warning",
    });
    writeFileSync(file, printable(readFileSync(file, "utf8")));
    rmSync(join(dist, `${name}.d.ts`));
  }
}

/** What `integrity` attributes need, and what shows that two builds are the same. */
function writeHashes() {
  const hashes = {};
  for (const file of [...files(dist, ".js"), ...files(dist, ".wasm")].sort()) {
    const digest = createHash("sha384")
      .update(readFileSync(join(dist, file)))
      .digest("base64");
    hashes[file] = `sha384-${digest}`;
  }
  writeFileSync(join(dist, "sri.json"), `${JSON.stringify(hashes, null, 2)}\n`);
}

function files(folder, extension) {
  return readdirSync(folder, { recursive: true })
    .filter((file) => file.endsWith(extension))
    .map((file) => file.replaceAll("\\", "/"));
}
