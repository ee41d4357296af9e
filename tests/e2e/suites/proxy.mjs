// One route table through real nginx, asked by real browsers (T37, T38).

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createProxyRoutes } from "../../../dist/requests.js";

/** Inputs that must reach no upstream, as raw request targets. */
const ESCAPES = [
  "/api/..%2fsecret",
  "/api/%2e%2e/secret",
  "/api/%5c..%5csecret",
  "/api/a%252f..%252fsecret",
  "/api//evil.localhost/",
];

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

async function listening(port, child, said) {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the proxy ended:\n${said()}`);
    try {
      return await fetch(`http://127.0.0.1:${port}/test/blank`);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

const routesTo = (server) => createProxyRoutes({ "/api/": `http://127.0.0.1:${server.ports[0]}/upstream/` });

/** nginx with the generated locations; everything else is the test server's. */
async function nginx(server) {
  const [port, folder] = [await freePort(), mkdtempSync(join(tmpdir(), "portcullis-nginx-"))];
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  writeFileSync(
    join(folder, "nginx.conf"),
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr; events {}
http { access_log off; ${paths.join(" ")}
server { listen 127.0.0.1:${port};
location / { proxy_pass http://127.0.0.1:${server.ports[0]}; proxy_set_header Host host.localhost:${server.ports[0]}; }
${routesTo(server).toNginx()} } }`,
  );
  return started(spawn("/usr/sbin/nginx", ["-c", join(folder, "nginx.conf"), "-e", "stderr"]), port, folder);
}

async function started(child, port, folder) {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece) => (text += piece));
  await listening(port, child, () => text);
  return {
    port,
    async stop() {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Runs in the page: asks through the table and says what came. */
const asked = (upstream, escapes) => `
  const done = arguments[arguments.length - 1];
  (async () => {
    const { createProxyRoutes } = await import("/dist/requests.js");
    const routes = createProxyRoutes({ "/api/": ${JSON.stringify(upstream)} });
    const response = await routes.fetch(${JSON.stringify(`${upstream}a/b?c=d`)}, { method: "POST", body: "x", headers: { "content-type": "application/json" } });
    const escapes = await Promise.all(${JSON.stringify(escapes)}.map((path) => fetch(path).then(({ status }) => status)));
    done({ status: response.status, echo: await response.json(), escapes });
  })().catch((error) => done({ error: String(error) }));`;

function through(start) {
  return async ({ driver, server }) => {
    const proxy = await start(server);
    try {
      await driver.get(`http://host.localhost:${proxy.port}/test/blank`);
      const told = await driver.executeAsyncScript(
        asked(`http://127.0.0.1:${server.ports[0]}/upstream/`, ESCAPES),
      );
      if (told.error) throw new Error(told.error);
      const { status, echo, escapes } = told;
      if (status !== 200 || echo.method !== "POST" || echo.body !== "x")
        throw new Error(`the call: ${JSON.stringify(told)}`);
      if (!String(echo.target).endsWith("/upstream/a/b?c=d")) throw new Error(`it reached ${echo.target}`);
      if (echo.headers?.cookie || echo.headers?.origin)
        throw new Error(`it carried ${JSON.stringify(echo.headers)}`);
      if (escapes.some((one) => one < 400)) throw new Error(`paths that escape got ${escapes}`);
      for (const origin of ["null", "http://evil.localhost"]) {
        const refused = await fetch(`http://127.0.0.1:${proxy.port}/api/a`, { headers: { origin } });
        if (refused.status !== 403) throw new Error(`a caller of origin ${origin} got ${refused.status}`);
      }
    } finally {
      await proxy.stop();
    }
  };
}

export const cases = {
  "the generated nginx configuration serves the page's table and nothing beside it": through(nginx),
};
