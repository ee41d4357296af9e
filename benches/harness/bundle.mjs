/** Bundles: one pair per library for the pages, and the smallest page of each for the case `bytes`. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const dist = (file) => here(`../../dist/${file}`);

/** Whether `npm run build` has been here. */
export const built = () => existsSync(dist("index.js"));

const common = {
  bundle: true,
  write: false,
  format: "esm",
  target: "es2022",
  logLevel: "error",
  // `broadcast` and `prepare` are there only in the libraries that have them.
  logOverride: { "import-is-undefined": "silent" },
  define: { "process.env.NODE_ENV": '"production"' },
  alias: {
    portcullis: dist("index.js"),
    "portcullis/no-wasm": dist("no-wasm.js"),
    "portcullis/slim": dist("slim.js"),
  },
};

const text = async (settings) => {
  const { outputFiles } = await build({ ...common, ...settings });
  return outputFiles[0].text;
};

/** The scripts of a library's pages, by file name. */
async function pageScripts(library, { minify = true } = {}) {
  const adapter = here(`../libraries/${library.module}.mjs`);
  const [connecting, guest] = await Promise.all([
    text({
      minify,
      stdin: {
        contents: `import * as library from ${JSON.stringify(adapter)};
          export const connect = library.connect;
          export const broadcast = library.broadcast;
          export const prepare = library.prepare;`,
        resolveDir: here("../libraries"),
      },
    }),
    text({ minify, entryPoints: [here("../page/guest.mjs")], alias: { ...common.alias, library: adapter } }),
  ]);
  return { "library.js": connecting, "guest.js": guest };
}

/** The harness' own pages, the same for all libraries. */
async function hostScripts() {
  const page = (name) => text({ entryPoints: [here(`../page/${name}.mjs`)], external: ["./library.js"] });
  return { "host.js": await page("host"), "cold.js": await page("cold") };
}

/** All scripts that the server of a bench gives out, by path. */
export async function scriptFiles(libraries, options) {
  const files = new Map(Object.entries(await hostScripts()).map(([name, text]) => [`/${name}`, text]));
  for (const library of libraries) {
    for (const [name, text] of Object.entries(await pageScripts(library, options)))
      files.set(`/${library.module}/${name}`, text);
  }
  return files;
}

/** Brotli bytes of the smallest page that connects and makes one call. */
export async function pageBytes(library) {
  if (!library.page) return undefined;
  const head = `const frame = document.querySelector("iframe"); const origin = "https://guest.example";\n`;
  // Imports may stand below the head: they are hoisted.
  const contents = head + library.page;
  return brotli(await text({ minify: true, stdin: { contents, resolveDir: here("..") } }));
}

/** Brotli bytes of portcullis/slim with the module it fetches. */
export async function slimBytes() {
  const contents = `import { connect, init } from "portcullis/slim";
    await init(fetch("channel.wasm"));
    const { remote } = await connect(document.querySelector("iframe"), { allowedOrigins: "https://guest.example" });
    console.log(await remote.add(1, 2));`;
  const script = brotli(await text({ minify: true, stdin: { contents, resolveDir: here("..") } }));
  return script + brotli(readFileSync(dist("channel.wasm")));
}

const brotli = (content) =>
  brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).byteLength;
