// Who may use a same-origin route, and where it leads: asked by real pages of the server's own proxy.
//
// The server's book tells both that a request came and that it was not passed on.

const ROUTE = "/proxy/guest/";

/** Everything with this mark that reached this host under this path. */
async function arrived(host, path, mark, count) {
  const query = new URLSearchParams({ path, host, query: mark, count, wait: count ? 20_000 : 0 });
  return (await (await fetch(`/hits?${query}`)).json()).hits;
}

const upstream = (t, mark, count = 0) => arrived(`guest.localhost:${t.ports[0]}`, "/upstream/*", mark, count);
const proxied = (t, mark, count) => arrived(new URL(t.origins.host).host, `${ROUTE}*`, mark, count);

const fresh = (t) => `${t.engine}${Math.random().toString(36).slice(2)}`;

/** Posts as any page may without asking first; whether it gets an answer is not its business. */
const post = async (_kit, url) => {
  const init = { method: "POST", mode: "no-cors", body: "x", headers: { "content-type": "text/plain" } };
  await fetch(url, init).catch(() => {});
};

/** Pages that are not the route's own, by what `t.frame` takes. */
const STRANGERS = {
  "another site": (t) => ({ origin: t.origins.evil }),
  "the same site": (t) => ({ origin: t.origins.sibling }),
  "another port": (t) => ({ origin: t.origins.neighbour }),
  "a sandboxed page of the own address": (t) => ({
    origin: t.origins.host,
    attributes: { sandbox: "allow-scripts" },
  }),
};

/** Paths that would leave the upstream's folder, or the upstream. */
const ESCAPES = [
  "..%2fsecret",
  "%2e%2e%2fsecret",
  "a/..%2f..%2fsecret",
  "%5c..%5csecret",
  "a%252f..%252fsecret",
  "/evil.localhost/",
  "a%00b",
];

export const cases = {
  "a path that would leave the upstream goes nowhere": async (t) => {
    const mark = fresh(t);
    for (const path of ESCAPES) {
      const { status } = await fetch(`${ROUTE}${path}?${mark}`);
      t.ok(status >= 400 && status < 500, `${path} got ${status}`);
    }
    const came = await proxied(t, mark, ESCAPES.length);
    t.equal(came.length, ESCAPES.length, "requests that reached the proxy");
    t.same(await arrived(`guest.localhost:${t.ports[0]}`, "*", mark, 0), [], "requests passed on");
    // The twin, and what the page's own table says of such addresses.
    t.equal((await fetch(`${ROUTE}a/b?${mark}`)).status, 200);
    t.equal((await upstream(t, mark, 1)).length, 1);
    const routes = t.portcullis.createProxyRoutes({ "/api/": "https://api.example/v1/" });
    t.equal(routes.rewrite("https://api.example/v1/a?b"), "/api/a?b");
    for (const url of [
      "https://api.example/v1/..%2fsecret",
      "https://api.example/v2/a",
      "https://api.example.evil.test/v1/a",
      "https://api.example@evil.test/v1/a",
      "//evil.test/v1/a",
      "\\\\evil.test/v1/a",
      "http://0x7f000001/v1/a",
      "http://[::ffff:127.0.0.1]/v1/a",
    ]) {
      t.throws(() => routes.rewrite(url), { code: /^proxy\// }, url);
    }
  },
};

for (const [who, settings] of Object.entries(STRANGERS)) {
  cases[`the own page may use a route, and ${who} may not`] = async (t) => {
    const [mark, twin] = [fresh(t), fresh(t)];
    const guest = await t.frame(settings(t));
    await guest.run(post, `${t.origins.host}${ROUTE}a?${mark}`);
    const [came] = await proxied(t, mark, 1);
    t.equal(came.method, "POST", "the request reached the proxy");
    t.equal(came.headers.origin, guest.about.origin, "who asked");
    t.same(await upstream(t, mark), [], "requests passed on");
    await post(undefined, `${ROUTE}a?${twin}`);
    t.equal((await upstream(t, twin, 1)).length, 1, "the own page's request");
    t.same(await upstream(t, mark), [], "requests passed on, still");
  };
}
