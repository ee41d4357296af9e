// The programs that the route table is written for, each with its generated configuration before the test server.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { freePort, listening } from "./ready.mjs";

/** How often nginx is started: somebody may take the port that was free for it. */
const STARTS = 3;

/** nginx: the generated locations in a server whose every other path is the test server's. */
export async function startNginx(routes, upstream) {
  for (let start = 1; ; start += 1) {
    const proxy = await nginx(routes, upstream);
    try {
      await proxy.listening();
      return proxy;
    } catch (error) {
      await proxy.stop();
      if (start === STARTS) throw error;
    }
  }
}

async function nginx(routes, upstream) {
  const [port, folder] = [await freePort(), temporary()];
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  writeFileSync(
    join(folder, "nginx.conf"),
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr; events {}
http { access_log off; ${paths.join(" ")}
server { listen 127.0.0.1:${port};
location / { proxy_pass ${upstream}; proxy_set_header Host ${siteOf(upstream)}; }
${routes.toNginx()} } }`,
  );
  const child = spawn("/usr/sbin/nginx", ["-c", join(folder, "nginx.conf"), "-e", "stderr"]);
  // From the beginning: it may have ended by itself when it is told to.
  const ended = new Promise((resolve) => child.once("exit", resolve).once("error", resolve));
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece) => (text += piece));
  return {
    port,
    listening: () => listening(`http://127.0.0.1:${port}/test/blank`, child, () => text),
    async stop() {
      child.kill("SIGTERM");
      await ended;
      remove(folder);
    },
  };
}

/** Vite's development server with the generated module as its `server.proxy`. */
export async function startVite(routes, upstream) {
  const { createServer } = await import("vite");
  const folder = temporary();
  const file = join(folder, "proxy.mjs");
  writeFileSync(file, routes.toVite());
  const { default: table } = await import(pathToFileURL(file));
  const others = { target: upstream, headers: { host: siteOf(upstream) } };
  const server = await createServer({
    configFile: false,
    envFile: false,
    root: folder,
    cacheDir: join(folder, "cache"),
    logLevel: "silent",
    optimizeDeps: { noDiscovery: true },
    server: { host: "127.0.0.1", port: 0, ws: false, proxy: { ...table, "^/": others } },
  });
  await server.listen();
  return {
    port: server.httpServer.address().port,
    async stop() {
      await server.close();
      remove(folder);
    },
  };
}

/** The name under which the test server knows the page's origin. */
const siteOf = (upstream) => `host.localhost:${new URL(upstream).port}`;

const temporary = () => mkdtempSync(join(tmpdir(), "portcullis-proxy-"));

const remove = (folder) => rmSync(folder, { recursive: true, force: true });
