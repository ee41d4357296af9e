// CORS: what is predicted beside what real browsers do, seen by the server (T36).

import { nothingAdded, snapshot } from "../residue.js";

const long = (length) => "a".repeat(length);

/** Requests whose preflights are counted. `classifyCors` must predict each. */
const REQUESTS = [
  ["GET", {}],
  ["HEAD", {}],
  ["POST", {}],
  ["POST", { body: "text" }],
  ["POST", { body: new URLSearchParams({ a: "1" }) }],
  ["POST", { body: new FormData() }],
  ["POST", { body: new Blob(["{}"]) }],
  ["POST", { body: new Blob(["{}"], { type: "application/json" }) }],
  ["POST", { body: "{}", headers: { "content-type": "application/json" } }],
  ["POST", { body: "x", headers: { "content-type": "text/plain" } }],
  ["POST", { body: "x", headers: { "content-type": "TEXT/PLAIN;charset=utf-8" } }],
  ["POST", { body: "x", headers: { "content-type": "text/plain, application/json" } }],
  ["POST", { body: "x", headers: { "content-type": `text/plain;${long(117)}` } }],
  ["POST", { body: "x", headers: { "content-type": `text/plain;${long(118)}` } }],
  ["PUT", { body: "x" }],
  ["put", { body: "x" }],
  ["DELETE", {}],
  ["PATCH", { body: "x" }],
  ["GET", { headers: { accept: long(128) } }],
  ["GET", { headers: { accept: long(129) } }],
  ["GET", { headers: { accept: "text/html, */*;q=0.1" } }],
  ["GET", { headers: { accept: "{}" } }],
  ["GET", { headers: { "accept-language": "en, de;q=0.5" } }],
  ["GET", { headers: { "accept-language": "en@de" } }],
  ["GET", { headers: { "content-language": "en" } }],
  ["GET", { headers: { range: "bytes=0-" } }],
  ["GET", { headers: { range: "bytes=0-9" } }],
  ["GET", { headers: { range: "bytes=-5" } }],
  ["GET", { headers: { range: "bytes=0-9,20-29" } }],
  ["GET", { headers: { authorization: "Bearer x" } }],
  ["GET", { headers: { "x-own": "1" } }],
  ["GET", { headers: { "X-Own": "1", "x-other": "2", accept: "a" } }],
  ["GET", { credentials: "include" }],
  ["GET", { credentials: "include", headers: { "x-own": "1" } }],
];

/** What a server may answer, by name: headers of the response, and of the preflight's, which is the same. */
const SERVERS = {
  nothing: {},
  any: { "access-control-allow-origin": "*" },
  exact: { "access-control-allow-origin": "PAGE" },
  "exact, credentials": { "access-control-allow-origin": "PAGE", "access-control-allow-credentials": "true" },
  "any, credentials": { "access-control-allow-origin": "*", "access-control-allow-credentials": "true" },
  "credentials True": { "access-control-allow-origin": "PAGE", "access-control-allow-credentials": "True" },
  "trailing slash": { "access-control-allow-origin": "PAGE/" },
  "upper case": { "access-control-allow-origin": "UPPER" },
  "null reflected": { "access-control-allow-origin": "null" },
  "a list": { "access-control-allow-origin": "PAGE, https://other.example" },
  "another origin": { "access-control-allow-origin": "https://other.example" },
  "all methods and headers": {
    "access-control-allow-origin": "PAGE",
    "access-control-allow-methods": "*",
    "access-control-allow-headers": "*",
  },
  "all listed": {
    "access-control-allow-origin": "PAGE",
    "access-control-allow-credentials": "true",
    "access-control-allow-methods": "PUT, PATCH, DELETE",
    "access-control-allow-headers": "x-own, content-type, authorization",
    "access-control-expose-headers": "x-shown",
    "access-control-max-age": "60",
    "x-shown": "1",
    "x-hidden": "2",
  },
  "all starred, credentials": {
    "access-control-allow-origin": "PAGE",
    "access-control-allow-credentials": "true",
    "access-control-allow-methods": "*",
    "access-control-allow-headers": "*",
  },
};

/** Requests that each of these servers is asked. */
const ASKED = [
  ["GET", {}],
  ["GET", { credentials: "include" }],
  ["GET", { headers: { "x-own": "1" } }],
  ["GET", { headers: { "x-own": "1" }, credentials: "include" }],
  ["PUT", { body: "x" }],
  ["PATCH", { body: "x" }],
  ["patch", { body: "x" }],
  ["PATCH", { body: "x", credentials: "include" }],
  ["POST", { body: "{}", headers: { "content-type": "application/json" } }],
];

function serverHeaders(t, name) {
  const { host } = new URL(t.origins.host);
  const fill = (value) =>
    value.replace("PAGE", t.origins.host).replace("UPPER", `http://${host.toUpperCase()}`);
  return Object.fromEntries(Object.entries(SERVERS[name]).map(([key, value]) => [key, fill(value)]));
}

/** An address at another site whose answers carry these headers; `key` finds it in the server's log. */
function address(t, headers, more = {}) {
  const key = `${t.engine}${Math.random().toString(36).slice(2)}`;
  const url = new URL("/test/echo", t.origins.partner);
  for (const [name, value] of Object.entries({ key, headers: JSON.stringify(headers), ...more })) {
    url.searchParams.set(name, value);
  }
  return { url: url.href, key };
}

/** Everything granted: only the question whether there is a preflight remains. */
const generous = (t) => ({
  "access-control-allow-origin": t.origins.host,
  "access-control-allow-credentials": "true",
  "access-control-allow-methods": "PUT, PATCH, DELETE",
  "access-control-allow-headers":
    "accept, accept-language, content-language, content-type, range, authorization, x-own, x-other",
});

const hits = async (key) => (await (await fetch(`/hits?query=${key}`)).json()).hits;

/** The request as `classifyCors` and `explainCors` take it: the headers that the body brings with it included. */
function described(url, method, init) {
  const { headers } = new Request(url, { method, ...init });
  return { url, method, headers, credentials: init.credentials };
}

export const cases = {
  ...Object.fromEntries(
    REQUESTS.map(([method, init], index) => [
      `${index + 1}. preflights of ${method} ${JSON.stringify(init.headers ?? {}).slice(0, 60)} ${init.body?.constructor.name ?? ""} ${init.credentials ?? ""} are as predicted`,
      async (t) => {
        const { url, key } = address(t, generous(t));
        const { kind, reasons } = t.portcullis.classifyCors(described(url, method, init));
        await (await fetch(url, { method, ...init })).text();
        const methods = (await hits(key)).map((hit) => hit.method);
        const asked = methods.filter((one) => one === "OPTIONS").length;
        t.equal(
          asked,
          kind === "preflight" ? 1 : 0,
          `${kind} (${reasons.join("; ")}), the server saw ${methods}`,
        );
        t.equal(methods.length - asked, 1, "requests beside the preflight");
        t.ok(reasons.length > 0, "there is a reason either way");
      },
    ]),
  ),

  "a request to the own origin is never preflighted": async (t) => {
    const init = { method: "PATCH", headers: { "x-own": "1" } };
    const key = `${t.engine}${Math.random().toString(36).slice(2)}`;
    const url = `${t.origins.host}/test/echo?key=${key}`;
    t.equal(t.portcullis.classifyCors({ url, ...init }).kind, "same-origin");
    await fetch(url, init);
    t.same(
      (await hits(key)).map((hit) => hit.method),
      ["PATCH"],
    );
    t.equal(t.portcullis.classifyCors({ url: `/test/echo` }).kind, "same-origin", "relative to the page");
    const other = { origin: "https://elsewhere.example" };
    t.equal(t.portcullis.classifyCors({ url }, other).kind, "simple", "for another page");
  },

  "a streamed body is preflighted, and judged so": (t) => {
    const { kind, reasons } = t.portcullis.classifyCors({
      url: t.origins.partner,
      method: "POST",
      streaming: true,
    });
    t.equal(kind, "preflight");
    t.ok(reasons.length === 1, reasons.join());
    const request = { url: t.origins.partner, method: "POST" };
    const response = { status: 200, headers: { "access-control-allow-origin": "*" } };
    for (const [streaming, code] of [
      [true, "cors/preflight"],
      [false, undefined],
    ]) {
      const preflight = { ...response, status: 403 };
      const told = t.portcullis.explainCors({ request: { ...request, streaming }, response, preflight });
      t.equal(told.code, code, told.reasons.join());
    }
    const misspelt = { ...request, credentials: "inlcude" };
    t.throws(() => t.portcullis.explainCors({ request: misspelt, response }), {
      code: "cors/invalid",
      message: /credentials/,
    });
  },

  ...Object.fromEntries(
    Object.keys(SERVERS).map((name) => [
      `a server that answers "${name}" is judged as the browser does`,
      {
        timeoutMs: 30_000,
        run: async (t) => {
          for (const [method, init] of ASKED) {
            const headers = serverHeaders(t, name);
            const { url } = address(t, headers);
            const request = described(url, method, init);
            const answer = await fetch(url, { method, ...init }).catch(() => undefined);
            const response = { status: 200, headers };
            const told = t.portcullis.explainCors({ request, response, preflight: response });
            const claim = `${method} ${JSON.stringify(init)}: ${told.code} ${told.reasons.join("; ")}`;
            t.equal(told.allowed, answer !== undefined, claim);
            t.equal(told.code === undefined, told.allowed, claim);
            t.ok(told.reasons.length > 0 || told.allowed, claim);
            if (answer && name === "all listed") {
              t.equal(answer.headers.get("x-shown"), "1", claim);
              t.equal(answer.headers.get("x-hidden"), null, claim);
              t.ok(
                told.exposedHeaders.includes("x-shown") && !told.exposedHeaders.includes("x-hidden"),
                claim,
              );
              const { kind } = t.portcullis.classifyCors(request);
              t.equal(told.maxAgeSeconds, kind === "preflight" ? 60 : undefined, claim);
            }
          }
        },
      },
    ]),
  ),

  "a star for Authorization: the standard says no, and a reason says what this engine does": async (t) => {
    const headers = serverHeaders(t, "all methods and headers");
    const { url } = address(t, headers);
    const init = { headers: { authorization: "Bearer x" } };
    const reached = await fetch(url, init).then(
      () => true,
      () => false,
    );
    t.equal(reached, t.fact("starCoversAuthorization"));
    const response = { status: 200, headers };
    const told = t.portcullis.explainCors({
      request: described(url, "GET", init),
      response,
      preflight: response,
    });
    t.equal(told.allowed, false);
    t.equal(told.code, "cors/preflight");
    t.ok(/authorization/i.test(told.reasons.join()), told.reasons.join());
  },

  "corsFetch gives the response that fetch gives": async (t) => {
    const before = snapshot();
    const { url } = address(t, generous(t));
    const response = await t.portcullis.corsFetch(url, {
      method: "POST",
      body: JSON.stringify({ a: 1 }),
      headers: { "content-type": "application/json" },
      timeoutMs: 20_000,
    });
    t.equal(response.status, 200);
    t.equal((await response.json()).body, '{"a":1}');
    const local = await t.portcullis.corsFetch("/test/echo");
    t.equal((await local.json()).method, "GET");
    nothingAdded(t, before, "afterwards");
  },

  "corsFetch names the cause and what to set": async (t) => {
    const before = snapshot();
    const closed = closedPort();
    const cases = [
      ["cors/origin", address(t, {}).url, {}, t.origins.host],
      ["cors/origin", address(t, serverHeaders(t, "trailing slash")).url, {}, "Access-Control-Allow-Origin"],
      [
        "cors/credentials",
        address(t, serverHeaders(t, "any")).url,
        { credentials: "include" },
        "Allow-Credentials",
      ],
      ["cors/preflight", address(t, serverHeaders(t, "exact")).url, { method: "PUT" }, "Allow-Methods: PUT"],
      ["cors/preflight", address(t, serverHeaders(t, "exact")).url, { headers: { "x-own": "1" } }, "x-own"],
      ["cors/network", `${closed}/`, {}, ""],
      ["cors/network", `${closed}/`, { method: "PUT" }, ""],
    ];
    for (const [code, url, init, says] of cases) {
      const error = await t.rejects(t.portcullis.corsFetch(url, init), code, `${url} ${t.show(init)}`);
      t.ok(error.message.includes(says) && error.message.includes(url), error.message);
      t.ok(error.cause instanceof TypeError, "the browser's own error is the cause");
    }
    nothingAdded(t, before, "afterwards");
  },

  "the second looks are of a safe method, and can be left out": async (t) => {
    for (const [diagnose, expected] of [
      [true, ["POST", "HEAD", "HEAD"]],
      [false, ["POST"]],
    ]) {
      const { url, key } = address(t, {});
      await t.rejects(t.portcullis.corsFetch(url, { method: "POST", body: "x", diagnose }), {
        code: /^cors\/(origin|network)$/,
      });
      t.same(
        (await hits(key)).map((hit) => hit.method),
        expected,
        `diagnose ${diagnose}`,
      );
    }
  },

  "a redirect that is refused": async (t) => {
    const target = address(t, generous(t));
    const to = (url, headers = generous(t)) =>
      address(t, { ...headers, location: url }, { status: "302" }).url;
    const url = to(target.url);
    const own = `${t.origins.host}/test/echo?status=302&headers=${encodeURIComponent(JSON.stringify({ location: target.url }))}`;
    for (const [code, url, init] of [
      ["cors/redirect", to(target.url), {}],
      ["cors/redirect", to(target.url), { credentials: "include" }],
      ["cors/redirect", to(target.url), { method: "POST", body: "x" }],
      ["cors/redirect", to(`${closedPort()}/`), {}],
      ["cors/redirect", own, {}],
      // Its preflights pass.
      ["cors/redirect", `${t.origins.partner}/cors/wrong/redirect`, { headers: { "x-demo": "1" } }],
      // What the first answer refuses is no matter of the redirect. This server redirects preflights too.
      ["cors/preflight", to(target.url), { headers: { "x-own": "1" } }],
      ["cors/origin", to(target.url, {}), {}],
      ["cors/preflight", to(target.url, serverHeaders(t, "exact")), { method: "PUT" }],
    ]) {
      const error = await t.rejects(
        t.portcullis.corsFetch(url, { redirect: "error", ...init }),
        code,
        `${url} ${t.show(init)}`,
      );
      t.ok(/redirect/i.test(error.message), error.message);
    }
    // Followed, it reaches the second server, whose grant it has.
    t.equal((await t.portcullis.corsFetch(url)).status, 200);
    t.equal((await hits(target.key)).filter((hit) => hit.method === "GET").length >= 1, true);
  },

  "a chain of redirects takes the origin away": async (t) => {
    // partner -> guest: the second server is asked with `Origin: null`.
    const second = address(t, { "access-control-allow-origin": t.origins.host });
    const other = second.url.replace(t.origins.partner, t.origins.guest);
    const { url } = address(
      t,
      { location: other, "access-control-allow-origin": t.origins.host },
      { status: "302" },
    );
    await t.rejects(t.portcullis.corsFetch(url), { code: "cors/redirect", message: /redirect/ });
    // One that leads nowhere is no refusal.
    const nowhere = address(t, { ...generous(t), location: `${closedPort()}/` }, { status: "302" });
    await t.rejects(t.portcullis.corsFetch(nowhere.url), "cors/network");
    // The first address holds the second, so both are found.
    const [hit] = (await hits(second.key)).filter(({ host }) => host.startsWith("guest."));
    t.equal(hit.headers.origin, "null");
    const told = t.portcullis.explainCors({
      request: { url },
      response: { status: 200, headers: { "access-control-allow-origin": t.origins.host }, url: other },
    });
    t.equal(told.allowed, false);
    t.equal(told.code, "cors/redirect");
  },

  "a page whose policy forbids the connection is told so": async (t) => {
    const guest = await t.frame({ origin: t.origins.guest, params: { csp: "connect-src 'self'" } });
    const { url } = address(t, { "access-control-allow-origin": "*" });
    const { code, message } = await guest.run(
      (kit, url) => kit.portcullis.corsFetch(url).catch(({ code, message }) => ({ code, message })),
      url,
    );
    t.equal(code, "cors/network");
    t.ok(/Content-Security-Policy|connect-src/.test(message), message);
  },

  "time and abort": async (t) => {
    const before = snapshot();
    const { url } = address(t, generous(t), { delay: "20000" });
    const late = await t.rejects(t.portcullis.corsFetch(url, { timeoutMs: 100 }), {
      code: "cors/network",
      message: /100 ms/,
    });
    t.ok(late.cause, "the cause is there");
    const controller = new AbortController();
    const reason = new Error("enough");
    const call = t.portcullis.corsFetch(url, { signal: controller.signal });
    controller.abort(reason);
    t.equal((await t.rejects(call, "cors/network")).cause, reason);
    const aborted = t.portcullis.corsFetch(url, { signal: AbortSignal.abort(reason) });
    t.equal((await t.rejects(aborted, "cors/network")).cause, reason);
    nothingAdded(t, before, "afterwards");
  },

  "a body may take longer than the headers were given": async (t) => {
    const { url } = address(t, generous(t));
    const timeoutMs = 500;
    // A busy machine may miss the limit itself: until it is kept once, the case has not begun.
    const answered = () =>
      t.portcullis.corsFetch(url, { timeoutMs, diagnose: false }).catch((error) => {
        t.fits(error, "cors/network");
        return answered();
      });
    const response = await answered();
    await t.event(AbortSignal.timeout(2 * timeoutMs), "abort");
    t.equal((await response.json()).method, "GET");
  },

  "what is no request is refused before any": async (t) => {
    for (const [url, init] of [
      ["http://", {}],
      ["javascript:1", {}],
      ["http://user:word@partner.localhost/", {}],
      ["/test/echo", { method: "a b" }],
      ["/test/echo", { method: "CONNECT" }],
      ["/test/echo", { headers: { "a b": "1" } }],
      ["/test/echo", { method: "GET", body: "x" }],
      ["/test/echo", { mode: "no-cors" }],
      ["/test/echo", { mode: "navigate" }],
    ]) {
      await t.rejects(t.portcullis.corsFetch(url, init), "cors/invalid", t.show([url, init]));
    }
    t.throws(() => t.portcullis.classifyCors({ url: "http://" }), "cors/invalid");
    t.throws(() => t.portcullis.classifyCors({ url: "/", headers: { "a b": "1" } }), "cors/invalid");
    t.throws(() => t.portcullis.classifyCors({ url: "/", method: "A B" }), "cors/invalid");
  },
};

/** An origin at which nothing listens: low ports are given to nobody, and this one is not on the browsers' list of bad ones. */
const closedPort = () => "http://partner.localhost:81";
