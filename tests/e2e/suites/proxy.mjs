// One route table through real nginx and real Vite, asked by real browsers and by hand (T37, T38).

import { request } from "node:http";
import { createProxyRoutes } from "../../../dist/requests.js";
import { startNginx, startVite } from "../proxies.mjs";
import { said } from "../said.mjs";

/** Raw request targets that must reach no upstream. */
const ESCAPES = [
  "/api/../secret",
  "/api/%2e%2e/secret",
  "/api/a/%2E%2E/b",
  "/api/..%2fsecret",
  "/api/a%5c..%5csecret",
  "/api/a%252f..%252fsecret",
  "/api/%252e%252e/secret",
  "/api//evil.localhost/",
  "/api/a;/../b",
];

/** Where the upstream sends a caller, the status that it does it with, and where the caller is sent by the proxy. */
const redirects = (origin) => [
  [`${origin}/upstream/a?b=c`, 302, 302, "/api/a?b=c", "an address in the folder is mapped"],
  ["/upstream/a", 307, 307, "/api/a", "a path in the folder is mapped"],
  [`${origin}/elsewhere`, 302, 502, undefined, "out of the folder"],
  ["http://evil.localhost/upstream/a", 302, 502, undefined, "another host"],
  ["//evil.localhost/upstream/a", 302, 502, undefined, "another host, the scheme left out"],
  ["/upstream/../secret", 302, 502, undefined, "out of the folder by dots"],
  ["/upstream/..%2fsecret", 307, 502, undefined, "out of the folder by an encoded slash"],
];

/** Who asks, by headers, and whether the upstream is reached. `own` is the proxy's origin. */
const callers = (own) => [
  ["GET", { "sec-fetch-site": "same-origin" }, true, "a page's own request"],
  ["GET", { "sec-fetch-site": "none" }, true, "the visitor opened it"],
  ["POST", { origin: own }, true, "its origin says so"],
  ["POST", { origin: "null" }, false, "a sandboxed page"],
  ["POST", { origin: "null", "sec-fetch-site": "same-origin" }, false, "and it lies"],
  ["POST", { origin: "http://evil.localhost" }, false, "a form of another origin"],
  ["POST", { origin: own.replace("http:", "https:") }, false, "another scheme"],
  ["GET", { "sec-fetch-site": "cross-site" }, false, "an image of another site"],
  ["GET", { "sec-fetch-site": "same-site" }, false, "a neighbour"],
  ["POST", {}, false, "nobody says who"],
];

const PROXIES = { nginx: startNginx, Vite: startVite };

export const cases = {};
for (const [program, start] of Object.entries(PROXIES)) {
  const through = (check) => async (context) => {
    const upstream = `http://127.0.0.1:${context.server.ports[0]}`;
    const routes = createProxyRoutes({ "/api/": `${upstream}/upstream/` });
    const proxy = await start(routes, upstream);
    try {
      await check({ ...context, upstream, port: proxy.port, own: `http://host.localhost:${proxy.port}` });
    } finally {
      await proxy.stop();
    }
  };
  cases[`${program}: the generated configuration serves the page's table`] = through(served);
  cases[`${program}: nothing beside the table is reached`] = through(nothingBeside);
  cases[`${program}: redirects stay in the folder or are refused`] = through(redirected);
  cases[`${program}: only callers of the own origin reach the upstream`] = through(judged);
  cases[`${program}: a sandboxed page and a foreign page are refused`] = through(strangers);
}

async function served({ driver, own, upstream }) {
  await driver.get(`${own}/test/blank`);
  await driver.executeScript('document.cookie = "session=secret; Path=/"');
  const { status, echo } = await inPage(
    driver,
    async (upstream) => {
      const { createProxyRoutes } = await import("/dist/requests.js");
      const routes = createProxyRoutes({ "/api/": `${upstream}/upstream/` });
      const response = await routes.fetch(`${upstream}/upstream/a/b?c=d`, { method: "POST", body: "x" });
      return { status: response.status, echo: await response.json() };
    },
    upstream,
  );
  same([status, echo.method, echo.body], [200, "POST", "x"], "the call");
  same(echo.target, "/upstream/a/b?c=d", "where it came");
  same(echo.headers.host, upstream.slice("http://".length), "the host it asked for");
  for (const name of ["cookie", "origin"]) same(echo.headers[name], undefined, name);
}

async function nothingBeside({ port, own }) {
  const key = fresh();
  const { host } = new URL(own);
  for (const path of ESCAPES) {
    const { status } = await raw(port, `${path}?key=${key}`, { host, "sec-fetch-site": "same-origin" });
    // 400 as a rule; nginx reads dots before it chooses a location, and what is not in the folder is not found.
    same(status === 400 || status === 404, true, `${path}: ${status}`);
  }
  // The host that a caller names chooses no upstream.
  const { status, text } = await raw(port, "/api/a", {
    host,
    "x-forwarded-host": "evil.localhost",
    "sec-fetch-site": "same-origin",
  });
  same([status, JSON.parse(text).target], [200, "/upstream/a"], "the control");
}

async function redirected({ port, own, upstream }) {
  const { host } = new URL(own);
  for (const [to, asked, expected, location, why] of redirects(upstream)) {
    const query = new URLSearchParams({ to, status: asked });
    const answer = await raw(port, `/api/redirect?${query}`, { host, "sec-fetch-site": "same-origin" });
    // Some programs write the location as a path, some with their own origin before it.
    const { location: got } = answer.headers;
    same([answer.status, got?.replace(own, "")], [expected, location], `${why}: ${to}`);
  }
}

async function judged({ port, own }) {
  const key = fresh();
  const { host } = new URL(own);
  let arrived = 0;
  for (const [method, headers, allowed, why] of callers(own)) {
    const answer = await raw(port, `/api/count?key=${key}`, { host, ...headers }, method);
    same(answer.status, allowed ? 200 : 403, `${why}: ${method} ${JSON.stringify(headers)}`);
    same(/\borigin\b/i.test(answer.headers.vary), true, `Vary: ${why}`);
    if (allowed) arrived += 1;
  }
  const { text } = await raw(port, `/api/count?key=${key}`, { host, "sec-fetch-site": "none" });
  same(JSON.parse(text).arrived, arrived + 1, "the refused ones have never been there");
}

/** The browser says who asks: a frame whose origin is "null", and a page of another site. */
async function strangers({ driver, server, own }) {
  const key = fresh();
  const target = `${own}/api/count?key=${key}`;
  const ask = async (target) => {
    const told = [];
    for (const init of [{}, { method: "POST", body: "x" }, { mode: "no-cors" }]) {
      told.push(
        await fetch(target, init).then(
          (answer) => answer.status,
          () => "failed",
        ),
      );
    }
    return told;
  };
  await driver.get(`${own}/test/blank`);
  same(await inPage(driver, ask, target), [200, 200, 200], "the control: the own page");
  const sandboxed = await inPage(
    driver,
    async (source, target) => {
      const frame = document.createElement("iframe");
      frame.sandbox = "allow-scripts";
      const answer = new Promise((resolve) => {
        addEventListener("message", ({ data, origin }) => resolve([origin, ...data]), { once: true });
      });
      frame.srcdoc = `<script>(${source})(${JSON.stringify(target)}).then((told) => parent.postMessage(told, "*"))</script>`;
      document.body.append(frame);
      return answer;
    },
    String(ask),
    target,
  );
  // Vite lets pages of other local names read its answers, and what they read is the refusal.
  const refused = (told) => told.map((one) => (one === 403 ? "failed" : one));
  same(refused(sandboxed), ["null", "failed", "failed", 0], "the sandboxed page");
  await driver.get(`http://evil.localhost:${server.ports[0]}/test/blank`);
  same(refused(await inPage(driver, ask, target)), ["failed", "failed", 0], "the foreign page");
  await driver.get(`${own}/test/blank`);
  const { arrived } = await inPage(driver, (target) => fetch(target).then((got) => got.json()), target);
  same(arrived, 4, "no stranger's request has been there");
}

const fresh = () => Math.random().toString(36).slice(2);

/** Runs a function in the page; its answer is data. */
async function inPage(driver, run, ...values) {
  const told = await driver.executeAsyncScript(
    `const done = arguments[arguments.length - 1];
     (${run})(...${JSON.stringify(values)}).then((answer) => done({ answer }), (error) => done({ error: String(error) }));`,
  );
  if (said(told).error) throw new Error(told.error);
  return told.answer;
}

/** A request whose target no client tidies up. */
function raw(port, path, headers, method = "GET") {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (piece) => (text += piece));
      answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
    });
    sent.on("error", reject).end();
  });
}

function same(actual, expected, what) {
  const [got, wanted] = [actual, expected].map((value) => JSON.stringify(value));
  if (got !== wanted) throw new Error(`${what}: ${got}, not ${wanted}`);
}
