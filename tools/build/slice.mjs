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
import { homedir } from "node:os";
import { join } from "node:path";
import { transformSync } from "esbuild";
import { brotli } from "../brotli.mjs";
import { binaryen, cargo, root, run, target } from "../run.mjs";
import { exportsUsed, factory, THROWN, trim, types } from "./glue.mjs";
import { characters, hexadecimal } from "./inline.mjs";
import { LOWERING, plain } from "./plain.mjs";
import { printable } from "./printable.mjs";
import { withoutFeatures, withoutTexts } from "./sections.mjs";

/** The WebAssembly slices of the package, each from one feature of the crate. */
export const slices = [
  { name: "channel", core: "ChannelCore", source: "src/js/channel.rs", inline: hexadecimal },
  { name: "requests", core: "RequestsCore", source: "src/js/requests.rs", inline: characters },
  // What few pages need. Plain JavaScript only, so a bundler leaves it out of all the others.
  { name: "rules", core: "RulesCore", source: "src/js/rules.rs", plainOnly: true },
  { name: "storage", core: "StorageCore", source: "src/js/storage.rs", plainOnly: true },
].filter(({ source }) => existsSync(join(root, source)));

// Named one by one: with all of them on, wasm-opt writes modules that engines refuse. All of these
// are in every engine that the package supports.
export const FEATURES = [
  "bulk-memory",
  "bulk-memory-opt",
  "mutable-globals",
  "nontrapping-float-to-int",
  "sign-ext",
].map((feature) => `--enable-${feature}`);
const STRIP = ["--strip-debug", "--strip-producers", "--strip-target-features"];
const SHORT_NAMES = "--minify-imports-and-exports-and-modules";
// The stack stands at the foot of memory, so no pointer is near 0: a constant that is added to one may move into the load.
const FOLD = "--low-memory-unused";
// Code of one shape everywhere compresses better than code inlined where it happens to be called once.
export const SHRINK = [
  "--flatten",
  "--rereloop",
  "-Oz",
  "-Oz",
  "--one-caller-inline-max-function-size=0",
  FOLD,
];
/** Builds one slice and returns the folder that holds `NAME.wasm` and the generated modules. */
export function buildSlice(slice) {
  const raw = compile(slice);
  const out = join(target, "slices", slice.name);
  const key = createHash("sha256").update(raw).update(recipe()).digest("hex");
  const keyFile = join(out, "key");
  if (existsSync(keyFile) && readFileSync(keyFile, "utf8") === key) return out;

  rmSync(out, { recursive: true, force: true });
  mkdirSync(join(out, "steps"), { recursive: true });
  const step = (file) => join(out, "steps", file);

  // One glue for both carriers: it must not need a second table, which wasm2js cannot express.
  writeFileSync(
    step("rustc.wasm"),
    withoutFeatures(raw, ["call-indirect-overlong", "multivalue", "reference-types"]),
  );
  run("wasm-bindgen", [
    "--target=web",
    "--omit-default-module-path",
    `--out-name=${slice.name}`,
    `--out-dir=${step("bindgen")}`,
    step("rustc.wasm"),
  ]);
  const glue = trim(readFileSync(step(`bindgen/${slice.name}.js`), "utf8"), slice.name);

  const used = exportsUsed(glue).concat("memory");
  const graph = [
    { name: "glue", root: true, reaches: used.map((name) => `export ${name}`) },
    ...used.map((name) => ({ name: `export ${name}`, export: name })),
  ];
  writeFileSync(step("graph.json"), JSON.stringify(graph));
  binaryen("wasm-metadce", [
    ...FEATURES,
    "-g",
    `--graph-file=${step("graph.json")}`,
    step(`bindgen/${slice.name}_bg.wasm`),
    "-o",
    step("used.wasm"),
  ]);

  if (glue.includes("__wbindgen_throw"))
    writeFileSync(step("used.wasm"), withoutTexts(readFileSync(step("used.wasm")), THROWN));

  const wasm = join(out, `${slice.name}.wasm`);
  const optimise = [...FEATURES, step("used.wasm"), ...SHRINK, SHORT_NAMES, ...STRIP];
  const names = parseNames(binaryen("wasm-opt", [...optimise, "-o", wasm]));

  const lowered = binaryen("wasm-opt", [
    ...FEATURES,
    step("used.wasm"),
    ...LOWERING,
    ...SHRINK,
    SHORT_NAMES,
    ...STRIP,
    "-o",
    step("lowered.wasm"),
  ]);
  if (JSON.stringify([...parseNames(lowered).exports]) !== JSON.stringify([...names.exports])) {
    throw new Error(`${slice.name}: wasm and plain JavaScript got different short names`);
  }

  const write = (file, source) => writeFileSync(join(out, file), minified(source));
  write(`${slice.name}.js`, factory(glue, names));
  write(`${slice.name}-plain.js`, plain(step("lowered.wasm"), slice.name));
  const declarations = readFileSync(step(`bindgen/${slice.name}.d.ts`), "utf8");
  writeFileSync(join(out, `${slice.name}.d.ts`), types(declarations, slice.core));
  if (!slice.plainOnly) {
    write(`${slice.name}-bytes.js`, slice.inline(readFileSync(wasm), brotli));
    writeFileSync(
      join(out, `${slice.name}-bytes.d.ts`),
      "/** The WebAssembly module of this slice. */\nexport declare function bytes(): Uint8Array<ArrayBuffer>;\n",
    );
  }
  writeFileSync(
    join(out, `${slice.name}-plain.d.ts`),
    "/** The same core as plain JavaScript. */\nexport declare function instantiate(imports: WebAssembly.Imports): WebAssembly.Exports;\n",
  );
  writeFileSync(keyFile, key);
  return out;
}

/** The modules that TypeScript sees: everything but what is in `steps`, the wasm and the key. */
export function generatedFiles(folder) {
  return readdirSync(folder).filter((file) => /\.(?:d\.ts|js)$/.test(file));
}

function compile({ name }) {
  const cargoHome = process.env.CARGO_HOME ?? join(homedir(), ".cargo");
  const flags = [
    // The same bytes in every checkout.
    `--remap-path-prefix=${cargoHome}=/cargo`,
    `--remap-path-prefix=${root}=/portcullis`,
    // Rust's default of 1 MiB is most of the memory that an instance takes.
    "-Clink-arg=-zstack-size=65536",
  ];
  cargo(
    [
      "rustc",
      "--lib",
      "--crate-type=cdylib",
      "--release",
      "--target=wasm32-unknown-unknown",
      "--no-default-features",
      `--features=${name},js`,
    ],
    { CARGO_ENCODED_RUSTFLAGS: flags.join("\x1f") },
  );
  const built = join(target, "wasm32-unknown-unknown/release/portcullis.wasm");
  mkdirSync(join(target, "slices"), { recursive: true });
  // Each slice is written to the same place by Cargo.
  const kept = join(target, "slices", `${name}.rustc.wasm`);
  copyFileSync(built, kept);
  return readFileSync(kept);
}

/** What else decides the result: these scripts and the tools that the lock files pin. */
function recipe() {
  const folder = join(root, "tools/build");
  const scripts = readdirSync(folder)
    .sort()
    .map((file) => readFileSync(join(folder, file), "utf8"));
  return [
    ...scripts,
    readFileSync(join(root, "package-lock.json"), "utf8"),
    run("wasm-bindgen", ["--version"]),
  ].join("\0");
}

function parseNames(printed) {
  const { imports, exports } = JSON.parse(printed);
  return {
    imports: new Map(imports.map(([, long, short]) => [long, short])),
    exports: new Map(exports),
  };
}

function minified(source) {
  return printable(
    transformSync(source, { minify: true, format: "esm", target: "es2022", charset: "ascii" }).code,
  );
}
