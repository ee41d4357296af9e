/**
 * The package as a user gets it: packed, installed into a project of its own, loaded in every way the
 * README names, each time with a real call. Needs dist/ (`npm run build`).
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { build as esbuild } from "esbuild";
import { publint } from "publint";
import { root, run } from "../../tools/run.mjs";
import { browserRows } from "./browser.mjs";
import { unpack } from "./project.mjs";

const project = unpack();
const dist = join(project.folder, "node_modules/portcullis/dist");
const manifest = JSON.parse(readFileSync(join(dist, "../package.json"), "utf8"));
const scripts = files(dist).filter((file) => file.endsWith(".js"));
const read = (file) => readFileSync(join(dist, file), "latin1");
after(() => project.remove());

describe("what is in the package", () => {
  test("publint has nothing to say", async () => {
    const { messages } = await publint({ pkgDir: join(dist, ".."), strict: true, pack: false });
    assert.deepEqual(
      messages.map(({ code, path }) => `${code} at ${path.join(".")}`),
      [],
    );
  });

  test("its types resolve as its modules do", () => {
    run(process.execPath, [
      join(root, "node_modules/@arethetypeswrong/cli/dist/index.js"),
      project.tarball,
      "--profile=esm-only",
      "--no-emoji",
      "--exclude-entrypoints",
      "channel.wasm",
      "requests.wasm",
    ]);
  });

  test("it holds dist, the licences, README, CHANGELOG and the manifest", () => {
    const rest = readdirSync(join(dist, "..")).sort();
    assert.deepEqual(rest, [
      "CHANGELOG.md",
      "LICENSE-APACHE",
      "LICENSE-MIT",
      "README.md",
      "dist",
      "package.json",
    ]);
  });

  test("every script is ASCII, whatever charset a page claims", () => {
    assert.deepEqual(holding(scripts, /[^\n\t\x20-\x7e]/), []);
  });

  test("no script makes code from text", () => {
    assert.deepEqual(
      holding(scripts, /(?<!wasm-unsafe-)\beval\b|\bFunction\s*\(|set(?:Timeout|Interval)\(\s*["'`]/),
      [],
    );
  });

  test("no script writes markup, which Trusted Types would refuse", () => {
    assert.deepEqual(holding(scripts, /\.(?:inner|outer)HTML\s*=|insertAdjacentHTML|document\.write/), []);
  });

  test("sri.json has the hash of every script and core, and of nothing else", () => {
    const hash = (file) =>
      `sha384-${createHash("sha384")
        .update(readFileSync(join(dist, file)))
        .digest("base64")}`;
    const hashed = files(dist).filter((file) => /\.(?:js|wasm)$/.test(file));
    const expected = Object.fromEntries(hashed.sort().map((file) => [file, hash(file)]));
    assert.deepEqual(JSON.parse(read("sri.json")), expected);
  });

  test("no file is out of reach", async () => {
    const scriptEntries = [...targets(manifest.exports), manifest.unpkg, "./dist/global-no-wasm.js"];
    const reached = new Set(["sri.json", ...scriptEntries.map((path) => path.replace("./dist/", ""))]);
    const modules = scriptEntries.filter((path) => path.endsWith(".js"));
    for (const path of Object.keys(await inputsOf(modules.map((path) => join(dist, "..", path))))) {
      reached.add(path);
    }
    const declarations = [...reached].filter((path) => path.endsWith(".d.ts"));
    for (const path of declarations) {
      for (const [, from] of read(path).matchAll(/(?:from|import\() ?"(\.[^"]+)\.js"/g)) {
        const next = join(path, "..", `${from}.d.ts`);
        if (!declarations.includes(next)) declarations.push(next);
        reached.add(next);
      }
    }
    // A module and its declarations come and go together, also where only one of the two is asked for.
    const twin = (file) =>
      file.endsWith(".d.ts") ? file.replace(/d\.ts$/, "js") : file.replace(/js$/, "d.ts");
    assert.deepEqual(
      files(dist).filter((file) => !reached.has(file) && !reached.has(twin(file))),
      [],
    );
  });

  for (const [what, imports, absent] of [
    ["a page without wasm holds no wasm", ["no-wasm", "requests/no-wasm"], /-bytes\.js$/],
    ["a page with wasm holds no plain core but the rules", ["", "requests"], /(?<!rules)-plain\.js$/],
    [
      "a page that does not import the inspector holds none of it",
      ["", "slim", "no-wasm", "requests", "storage"],
      /inspector/,
    ],
    [
      "the inspector brings neither a core nor a channel",
      ["inspector"],
      /generated|(?:core|driver|registry|channel|connect)\.js$/,
    ],
    ["slim entries bring no core", ["slim", "requests/slim"], /(?:-bytes|(?<!rules)-plain)\.js$/],
  ]) {
    test(what, async () => {
      const entries = imports
        .map((entry) => manifest.exports[entry ? `./${entry}` : "."]?.default)
        .filter((path) => path !== undefined);
      const inputs = Object.keys(await inputsOf(entries.map((path) => join(dist, "..", path))));
      assert.deepEqual(
        inputs.filter((file) => absent.test(file)),
        [],
      );
    });
  }

  for (const [entry, carrier] of [
    ["portcullis", "channel-bytes"],
    ["portcullis/no-wasm", "channel-plain"],
  ]) {
    test(`storage and the inspector bring no second core to a page with ${entry}`, async () => {
      const { inputs } = await bundled(`
        export { connect } from "${entry}";
        export * from "portcullis/storage";
        export { inspect } from "portcullis/inspector";`);
      const cores = inputs
        .filter((path) => path.includes("/generated/"))
        .map((path) => basename(path, ".js"));
      // The rules of grants are no channel, and plain in every page.
      assert.deepEqual(cores.sort(), ["channel", carrier, "storage", "storage-plain"].sort());
    });
  }

  test("the plain cores do without WebAssembly", () => {
    const plain = scripts.filter((name) => name.endsWith("-plain.js"));
    assert.equal(plain.length, 4);
    assert.deepEqual(holding(plain, /WebAssembly|\\0asm/), []);
  });

  test("what is loaded without wasm holds no byte of a module, what is loaded with it does", async () => {
    const page = async (entry) => (await bundled(`export * from "${entry}";`)).text;
    for (const [module, withIt, withoutIt] of [
      ["channel", await page("portcullis"), await page("portcullis/no-wasm")],
      ["channel", read("global.js"), read("global-no-wasm.js")],
      ["requests", await page("portcullis/requests"), await page("portcullis/requests/no-wasm")],
    ]) {
      for (const piece of piecesOf(module)) {
        assert.ok(withIt.includes(piece), `the control: ${piece} of ${module}`);
        assert.ok(!withoutIt.includes(piece), `${piece} of ${module}`);
      }
    }
  });
});

describe("in Node", () => {
  const call = (get) => `
    const { connect } = ${get};
    const { port1, port2 } = new MessageChannel();
    const [here, there] = await Promise.all([
      connect(port1),
      connect(port2, { methods: { add: (a, b) => a + b } }),
    ]);
    console.log(await here.remote.add(20, 22));
    here.close();
    await there.closed;`;
  const rows = {
    "an import": call('await import("portcullis")'),
    "a require": call('(await import("node:module")).createRequire(import.meta.url)("portcullis")'),
    "an import without wasm": call('await import("portcullis/no-wasm")'),
    "an import with the wasm file apart": `
      import { readFile } from "node:fs/promises";
      import { fileURLToPath } from "node:url";
      import { init } from "portcullis/slim";
      await init(await readFile(fileURLToPath(import.meta.resolve("portcullis/channel.wasm"))));
      ${call('await import("portcullis/slim")')}`,
  };
  for (const entry of ["", "/no-wasm"]) {
    test(`the inspector looks at channels of portcullis${entry}`, () => {
      const source = `
        const { connect } = await import("portcullis${entry}");
        const { inspect } = await import("portcullis/inspector");
        const { port1, port2 } = new MessageChannel();
        const [here, there] = await Promise.all([connect(port1), connect(port2, { methods: { one: () => 1 } })]);
        const inspection = inspect(here);
        await here.remote.one();
        console.log(inspection.entries.find(({ frame }) => frame === "call").fate);
        here.close();
        await there.closed;`;
      assert.equal(project.node(source).trim(), "answered");
    });
  }

  for (const [row, source] of Object.entries(rows)) {
    test(`${row} connects and calls`, () => {
      assert.equal(project.node(source).trim(), "42");
    });
  }

  test("an import alone does nothing, in every entry", () => {
    const entries = Object.keys(manifest.exports).filter((entry) => manifest.exports[entry].types);
    const source = `
      const before = Object.getOwnPropertyNames(globalThis).join();
      for (const trap of ["compile", "instantiate", "Module", "Instance"]) {
        Object.defineProperty(WebAssembly, trap, { get() { throw new Error("touched WebAssembly." + trap); } });
      }
      for (const entry of ${JSON.stringify(entries)}) await import("portcullis" + entry.slice(1));
      console.log(Object.getOwnPropertyNames(globalThis).join() === before ? "untouched" : "a new global");`;
    assert.equal(project.node(source).trim(), "untouched");
  });
});

describe("in a page", () => browserRows({ project, before, after, test }));

/** What in which script matches, with a little of what stands around it. */
function holding(names, pattern) {
  return names.flatMap((file) => {
    const text = read(file);
    const at = text.search(pattern);
    return at < 0 ? [] : [`${file}: ...${text.slice(Math.max(0, at - 40), at + 40)}...`];
  });
}

/** All files below a folder, with slashes. */
function files(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

function targets(exports) {
  return Object.values(exports)
    .flatMap((value) => (typeof value === "string" ? [value] : Object.values(value)))
    .filter((path) => path.startsWith("./dist/"));
}

/** A user's page as a bundler ships it: its text, and the modules it is made of. */
async function bundled(contents) {
  const { outputFiles, metafile } = await esbuild({
    stdin: { contents, resolveDir: project.folder },
    bundle: true,
    minify: true,
    format: "esm",
    write: false,
    metafile: true,
  });
  return { text: outputFiles[0].text, inputs: Object.keys(metafile.inputs) };
}

/** Pieces from all over an inlined wasm module, as the text that it is kept in. */
function piecesOf(module) {
  const [, text] = read(`internal/generated/${module}-bytes.js`).match(/"([^"]{10000,})"/);
  const COUNT = 8;
  return Array.from({ length: COUNT }, (_, at) => {
    const start = Math.floor((text.length * (at + 0.5)) / COUNT);
    return text.slice(start, start + 40);
  });
}

/** The modules of dist/ that these entries load, by esbuild's own account. */
async function inputsOf(entryPoints) {
  const { metafile } = await esbuild({
    entryPoints,
    bundle: true,
    format: "esm",
    write: false,
    metafile: true,
    outdir: "nowhere",
    absWorkingDir: dist,
  });
  return metafile.inputs;
}
