import assert from "node:assert/strict";
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { build as esbuild } from "esbuild";
import { chromium } from "playwright-core";
import { build as viteBuild, createServer as viteServer } from "vite";
import webpack from "webpack";

/** One page in both roles: the host frames it again under another host name and calls it. */
const PAGE = `
export async function run(connect) {
  const other = (name) => location.origin.replace(/\\/\\/\\w+\\./, "//" + name + ".");
  if (window === window.top) {
    const frame = document.createElement("iframe");
    frame.src = other("guest") + location.pathname;
    document.body.append(frame);
    const channel = await connect(frame, { allowedOrigins: other("guest") });
    document.title = "answer " + (await channel.remote.add(20, 22)) + " from " + channel.origin;
  } else {
    await connect(window.parent, { allowedOrigins: other("host"), methods: { add: (a, b) => a + b } });
  }
}
export function report(error) {
  document.title = "failed: " + error;
}
`;

const module = (imports, connect = "run(connect)") => `
import { report, run } from "./page.js";
${imports}
(async () => { await ${connect}; })().catch(report);
`;

const INLINE = module('import { connect } from "portcullis";');
const WITHOUT_WASM = module('import { connect } from "portcullis/no-wasm";');
const html = (script) => `<!doctype html><meta charset="latin1"><title>waits</title><body>${script}</body>`;

export function browserRows({ project, before, after, test }) {
  let browser;
  let server;
  before(async () => {
    project.write({ "page.js": PAGE });
    const launch = () =>
      chromium.launch({
        executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
        args: ["--no-sandbox", "--disable-gpu"],
        timeout: 120_000,
      });
    // A browser that ends at its start has been asked for nothing yet.
    browser = await launch().catch(launch);
    server = await serve(project.folder);
  });
  after(async () => {
    await browser?.close();
    server?.close();
  });

  /** Opens a page and waits until it says how the call went. */
  async function answers(port, path) {
    const page = await browser.newPage();
    page.setDefaultTimeout(120_000);
    const said = [];
    page.on("console", (message) => said.push(message.text()));
    page.on("pageerror", (error) => said.push(String(error)));
    try {
      await page.goto(`http://host.localhost:${port}/${path}`);
      await page.waitForFunction(() => document.title !== "waits").catch(() => {});
      assert.equal(await page.title(), `answer 42 from http://guest.localhost:${port}`, said.join("\n"));
    } finally {
      await page.close();
    }
  }
  /** Serves what a row wrote, under the policy it claims to need. */
  const served = (path) => answers(server.address().port, path);

  const slimVite = module(
    'import { connect, init } from "portcullis/slim";\nimport url from "portcullis/channel.wasm?url";',
    "(await init(fetch(url)), run(connect))",
  );
  for (const [row, source] of [
    ["Vite", INLINE],
    ["Vite, wasm file apart", slimVite],
  ]) {
    const name = row === "Vite" ? "vite" : "vite-slim";
    const write = () =>
      project.write({
        [`${name}/index.html`]: html('<script type="module" src="./main.js"></script>'),
        [`${name}/main.js`]: source,
        [`${name}/page.js`]: PAGE,
      });
    const config = () => ({
      root: join(project.folder, name),
      base: "./",
      configFile: false,
      logLevel: "error",
      cacheDir: join(project.folder, name, ".vite"),
    });
    test(`${row}, in development`, async () => {
      write();
      const dev = await viteServer({ ...config(), server: { port: 0, host: "127.0.0.1" } });
      try {
        await dev.listen();
        await answers(dev.httpServer.address().port, "");
      } finally {
        await dev.close();
      }
    });
    test(`${row}, built`, async () => {
      write();
      await viteBuild(config());
      await served(`${name}/dist/index.html`);
    });
  }

  const slimWebpack = module(
    'import { connect, init } from "portcullis/slim";',
    '(await init(fetch(new URL("portcullis/channel.wasm", import.meta.url))), run(connect))',
  );
  for (const [row, name, source] of [
    ["webpack", "webpack", INLINE],
    ["webpack, wasm file apart", "webpack-slim", slimWebpack],
  ]) {
    test(row, async () => {
      project.write({
        [`${name}/main.js`]: source,
        [`${name}/page.js`]: PAGE,
        [`${name}/out/index.html`]: html('<script src="main.js"></script>'),
      });
      await webpackBuild({
        mode: "production",
        context: join(project.folder, name),
        entry: "./main.js",
        output: { path: join(project.folder, name, "out"), filename: "main.js" },
      });
      await served(`${name}/out/index.html`);
    });
  }

  for (const [row, name, source, policy] of [
    ["esbuild", "esbuild", INLINE, "wasm"],
    ["esbuild, without wasm under a strict policy", "esbuild-no-wasm", WITHOUT_WASM, "strict"],
  ]) {
    test(row, async () => {
      project.write({
        [`${name}/main.js`]: source,
        [`${name}/page.js`]: PAGE,
        [`${name}/${policy}.html`]: html('<script type="module" src="out.js"></script>'),
      });
      await esbuild({
        entryPoints: [join(project.folder, name, "main.js")],
        outfile: join(project.folder, name, "out.js"),
        bundle: true,
        minify: true,
        format: "esm",
      });
      await served(`${name}/${policy}.html`);
    });
  }

  test("modules without a bundler", async () => {
    project.write({
      "plain/wasm.html": html('<script type="module" src="main.js"></script>'),
      "plain/main.js": module('import { connect } from "../node_modules/portcullis/dist/index.js";'),
      "plain/page.js": PAGE,
    });
    await served("plain/wasm.html");
  });

  for (const [row, file, policy] of [
    ["a plain script", "global.js", "wasm"],
    ["a plain script without wasm under a strict policy", "global-no-wasm.js", "strict"],
  ]) {
    test(row, async () => {
      project.write({
        [`script/${policy}.html`]: html(
          `<script src="../node_modules/portcullis/dist/${file}"></script><script src="main.js"></script>`,
        ),
        "script/main.js": `${PAGE.replaceAll("export ", "")}\nrun(portcullis.connect).catch(report);`,
      });
      await served(`script/${policy}.html`);
    });
  }
}

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };
const TRUSTED_TYPES = "require-trusted-types-for 'script'; trusted-types 'none'";
const POLICIES = {
  wasm: `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; frame-src *; ${TRUSTED_TYPES}`,
  strict: `default-src 'none'; script-src 'self'; frame-src *; ${TRUSTED_TYPES}`,
};

/** Serves a folder under every host name. A page called `strict.html` gets the strict policy. */
async function serve(folder) {
  const server = createServer((request, response) => {
    const path = normalize(decodeURI(new URL(request.url, "http://localhost").pathname));
    const file = join(folder, path);
    if (!file.startsWith(folder) || !existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end();
      return;
    }
    const headers = { "content-type": TYPES[extname(file)] ?? "application/octet-stream" };
    const policy = file.endsWith("strict.html") ? POLICIES.strict : POLICIES.wasm;
    if (file.endsWith(".html")) headers["content-security-policy"] = policy;
    response.writeHead(200, headers);
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

function webpackBuild(config) {
  return new Promise((resolve, reject) => {
    webpack(config, (error, stats) => {
      if (error || stats.hasErrors()) reject(error ?? new Error(stats.toString("errors-only")));
      else resolve();
    });
  });
}
