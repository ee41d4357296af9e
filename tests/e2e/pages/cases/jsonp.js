// JSONP: servers that play by the rules, and all the ways in which one may not (T32 to T35).

import { nothingAdded, snapshot } from "../residue.js";

/** Kind of answer -> what the isolated call comes to; a text is a code, an object the data. */
const HOSTILE = {
  csv: "jsonp/failed",
  endless: "jsonp/timed-out",
  global: { kind: "the right call" },
  "json-nosniff": "jsonp/failed",
  late: "jsonp/timed-out",
  missing: "jsonp/failed",
  "pure-json": "jsonp/failed",
  redirect: "jsonp/blocked",
  silent: "jsonp/failed",
  syntax: "jsonp/failed",
  throws: "jsonp/failed",
  twice: { kind: "the right call" },
  uncloneable: "jsonp/failed",
  "wrong-name": "jsonp/failed",
};

/** Kinds that never answer in time: they get little of it. */
const SLOW = { endless: 400, late: 400 };

/** What the others get: as much as a case. A busy machine takes its time. */
const PATIENT_MS = 25_000;

/** In the page a redirect is followed, and what cannot be cloned need not be. */
const IN_PAGE = { ...HOSTILE, redirect: { ms: "0" }, uncloneable: undefined };

/** Options that are refused before any request. */
const REFUSED = [
  { url: "javascript:alert(1)" },
  { url: "data:text/javascript,1" },
  { url: "http://user:word@partner.localhost/jsonp/echo" },
  { url: "http://" },
  { options: { callbackParam: "" } },
  { options: { callbackParam: "a=b&c" } },
  { options: { callbackParam: "alert(1)//" } },
  { query: "&callback=mine" },
  { options: { params: { callback: "mine" } } },
];

const address = (t, kind, more = "") => `${t.origins.partner}/jsonp/${kind}?key=${t.key}${more}`;

const hits = async (t) => (await (await fetch(`/hits?query=${encodeURIComponent(t.key)}`)).json()).hits;

/** A right answer that the server holds back until `release` is called; `which` tells those of one case apart. */
function held(t, which = "") {
  const gate = `/beacon/${t.key}${which}`;
  // The name of the callback is in the address alone.
  const name = 'new URL(document.currentScript.src).searchParams.get("callback")';
  const body = `globalThis[${name}]({ kind: "the right call" });`;
  const query = new URLSearchParams({ key: t.key, count: 1, wait: 60_000, type: "text/javascript", body });
  return {
    url: `${t.origins.partner}${gate}/log?${query}`,
    release: () => fetch(gate, { method: "POST", body: "now" }),
  };
}

/** A text no other case has. */
function keyed(run) {
  return (t) => {
    t.key = `${t.engine}${Math.random().toString(36).slice(2)}`;
    return run(t);
  };
}

/** An event that a script makes, as like the frame's own as the engine allows. */
function synthetic(data, source) {
  try {
    return new MessageEvent("message", { data, origin: "null", source });
  } catch {
    // Firefox takes no window of another origin here.
    const event = new MessageEvent("message", { data, origin: "null" });
    return Object.defineProperty(event, "source", { value: source });
  }
}

function hostile(table, isolate) {
  return Object.entries(table).map(([kind, expected]) => [
    `${isolate ? "isolated" : "in the page"}: a server that answers ${kind} gives one typed outcome and no residue`,
    keyed(async (t) => {
      const before = snapshot();
      const late = held(t);
      const call = t.portcullis.jsonp(kind === "late" ? late.url : address(t, `hostile/${kind}`), {
        isolate,
        timeoutMs: SLOW[kind] ?? PATIENT_MS,
      });
      if (typeof expected === "string") await t.rejects(call, expected, kind);
      else if (expected === undefined) t.ok((await call).window, "the object itself");
      else if (kind === "redirect") t.equal((await call).key, t.key);
      else t.same(await call, expected);
      // With the page's rights it can leave what it likes; isolated it cannot.
      if (!isolate && kind === "global") t.ok(window.leaked && delete window.leaked, "it did");
      nothingAdded(t, before, kind);
      if (kind === "late") {
        // The server's answer has come when its next one has.
        await late.release();
        await (await fetch(`${t.origins.host}/test/blank?delay=400`)).text();
        nothingAdded(t, before, "after the late answer");
      }
      // In the page a script's own mistakes are the page's to hear of, as with any other script.
      if (!isolate && ["throws", "syntax", "wrong-name", "pure-json"].includes(kind)) t.takeUncaught();
      t.same(t.takeUncaught(), []);
    }),
  ]);
}

/** Page policies: what they come to for an isolated call and for one in the page. */
const POLICIES = [
  ["script-src 'self'", {}, "jsonp/blocked", "jsonp/blocked"],
  ["script-src 'self' API", {}, "jsonp/blocked", "fine"],
  ["script-src 'self' API 'sha256-HASH'", {}, "fine", "fine"],
  ["script-src 'self' 'sha256-HASH'", {}, "jsonp/blocked", "jsonp/blocked"],
  ["script-src 'self' 'nonce-N' API", { nonce: "N" }, "fine", "fine"],
  ["script-src 'self' 'nonce-N'", { nonce: "N" }, "fine", "fine"],
  ["script-src 'self' 'nonce-N'", {}, "jsonp/blocked", "jsonp/blocked"],
  ["script-src 'nonce-N' 'strict-dynamic'", { nonce: "N" }, "fine", "fine"],
  ["script-src 'self' 'nonce-N'; require-trusted-types-for 'script'", { nonce: "N" }, "fine", "fine"],
  [
    "script-src 'self' 'nonce-N'; require-trusted-types-for 'script'; trusted-types portcullis",
    { nonce: "N" },
    "fine",
    "fine",
  ],
  ["script-src 'self' 'nonce-N'; trusted-types 'none'", { nonce: "N" }, "fine", "fine"],
  [
    "script-src 'self' 'nonce-N'; require-trusted-types-for 'script'; trusted-types 'none'",
    { nonce: "N" },
    "jsonp/blocked",
    "jsonp/blocked",
  ],
  ["default-src 'none'; script-src 'self' 'nonce-N' API", { nonce: "N" }, "fine", "fine"],
];

export const cases = {
  "an isolated answer comes as data": keyed(async (t) => {
    const before = snapshot();
    const answer = await t.portcullis.jsonp(address(t, "echo"), {
      params: { b: "x y&z", n: 2, left: undefined, out: null },
    });
    t.same(answer, { b: "x y&z", key: t.key, n: "2" });
    nothingAdded(t, before, "afterwards");
  }),

  "an answer in the page comes as data": keyed(async (t) => {
    const before = snapshot();
    const params = new URLSearchParams({ b: "1" });
    t.same(await t.portcullis.jsonp(address(t, "echo"), { params, isolate: false }), { b: "1", key: t.key });
    nothingAdded(t, before, "afterwards");
  }),

  "a server may call its parameter otherwise": keyed(async (t) => {
    const call = t.portcullis.jsonp(address(t, "echo"), { callbackParam: "jsonp", timeoutMs: PATIENT_MS });
    // This one does not know it, and answers 400.
    await t.rejects(call, "jsonp/failed");
    const [hit] = await hits(t);
    t.ok(/[?&]jsonp=portcullis_[0-9a-f]{32}(&|$)/.test(`?${hit.query}`), hit.query);
  }),

  ...Object.fromEntries(hostile(HOSTILE, true)),
  ...Object.fromEntries(hostile(IN_PAGE, false)),

  "hostile code reaches nothing of the page": keyed(async (t) => {
    const heard = [];
    const listen = (event) => heard.push(event.origin);
    window.addEventListener("message", listen);
    t.cleanups.push(() => window.removeEventListener("message", listen));
    const { kind, reached } = await t.portcullis.jsonp(address(t, "hostile/code"));
    t.equal(kind, "hostile code");
    t.equal(reached.parentDocument, "SecurityError");
    t.equal(reached.topLocation, "SecurityError");
    t.equal(reached.localStorage, "SecurityError");
    t.ok(["SecurityError", ""].includes(reached.cookie), `cookie is ${reached.cookie}`);
    t.equal(reached.origin, "null");
    // Its forged greeting did arrive, from an opaque origin, and nobody took it for anything.
    t.ok(heard.length > 0 && heard.every((origin) => origin === "null"), `heard from ${heard}`);
  }),

  "an answer that holds the thread for two seconds settles once": keyed(async (t) => {
    const before = snapshot();
    const outcome = await t.portcullis
      .jsonp(address(t, "hostile/loop"), { timeoutMs: 300 })
      .catch((error) => error.code);
    // Where the frame shares the page's thread its answer may stand in the queue before the timer does.
    t.ok(outcome === "jsonp/timed-out" || outcome.kind === "the right call", t.show(outcome));
    nothingAdded(t, before, "afterwards");
  }),

  "a script that navigates its frame away is a failure": keyed(async (t) => {
    const before = snapshot();
    const script = `${t.origins.partner}/pages/e2e/pages/hostile/navigate.js?to=${encodeURIComponent(`${t.origins.evil}/test/blank`)}`;
    await t.rejects(t.portcullis.jsonp(script, { timeoutMs: PATIENT_MS }), "jsonp/failed");
    nothingAdded(t, before, "afterwards");
  }),

  "only the call's own frame can answer it": keyed(async (t) => {
    const evil = await t.frame({ origin: t.origins.evil, params: { entry: "none" } });
    const opaque = await t.frame({
      origin: t.origins.evil,
      attributes: { sandbox: "allow-scripts" },
      params: { entry: "none" },
    });
    const others = new Set(document.querySelectorAll("iframe"));
    // The right answer comes after the forgeries.
    const { url, release } = held(t);
    const call = t.portcullis.jsonp(url, { timeoutMs: PATIENT_MS });
    // The module may compile first; the frame is there within a turn of the answer to it.
    const frame = [...document.querySelectorAll("iframe")].find((element) => !others.has(element));
    const [key] = /name="portcullis" content="([0-9a-f]{32}) /.exec(frame.srcdoc).slice(1);
    const forged = ["portcullis-jsonp", key, "answer", "forged"];
    window.dispatchEvent(synthetic(forged, frame.contentWindow));
    for (const attacker of [evil, opaque]) {
      const heard = t.event(window, "message", ({ source }) => source === attacker.window);
      await attacker.run((_kit, message) => parent.postMessage(message, "*"), forged);
      await heard;
    }
    await release();
    t.same(await call, { kind: "the right call" });
  }),

  "names are random and never used twice": keyed(async (t) => {
    await Promise.all(
      Array.from({ length: 20 }, () => t.portcullis.jsonp(address(t, "echo"), { timeoutMs: PATIENT_MS })),
    );
    const names = (await hits(t)).map(({ query }) => new URLSearchParams(query).get("callback"));
    t.equal(names.length, 20);
    t.equal(new Set(names).size, 20);
    t.ok(
      names.every((name) => /^portcullis_[0-9a-f]{32}$/.test(name)),
      names[0],
    );
  }),

  "what is no JSONP request is refused before any request": keyed(async (t) => {
    const before = snapshot();
    for (const { url, options, query } of REFUSED) {
      const call = t.portcullis.jsonp(url ?? address(t, "echo", query), options);
      await t.rejects(call, "jsonp/invalid", t.show({ url, options, query }));
    }
    nothingAdded(t, before, "afterwards");
    t.same(await hits(t), []);
  }),

  "the server refuses callback names that are code": async (t) => {
    for (const name of ["alert(1)//", "a.b", "__proto__", "é", "a".repeat(10_000), "", "1a", "a b", "a<"]) {
      const response = await fetch(`/jsonp/echo?callback=${encodeURIComponent(name)}`);
      t.equal(response.status, 400, name.slice(0, 20));
    }
    const fine = await fetch("/jsonp/echo?callback=ok&a=1");
    t.ok(/^\/\*\*\/.*ok\(\{"a":"1"\}\);$/.test(await fine.text()), "the answer of a good name");
    t.equal(fine.headers.get("x-content-type-options"), "nosniff");
  },

  "an abort ends the call and leaves nothing": keyed(async (t) => {
    for (const isolate of [true, false]) {
      const before = snapshot();
      const controller = new AbortController();
      const reason = new Error("enough");
      const { url, release } = held(t, isolate);
      const call = t.portcullis.jsonp(url, { signal: controller.signal, timeoutMs: PATIENT_MS, isolate });
      await fetch(`/hits?query=${t.key}&count=${isolate ? 1 : 2}&wait=20000`);
      controller.abort(reason);
      const error = await t.rejects(call, "jsonp/aborted");
      t.equal(error.cause, reason);
      nothingAdded(t, before, `isolate ${isolate}`);
      await release();
      await (await fetch(`${t.origins.host}/test/blank?delay=400`)).text();
      nothingAdded(t, before, `isolate ${isolate}, after the answer`);
      await t.rejects(
        t.portcullis.jsonp(address(t, "echo"), { signal: AbortSignal.abort(reason), isolate }),
        "jsonp/aborted",
      );
    }
    t.equal((await hits(t)).length, 2, "an aborted signal makes no request");
  }),

  "a schema that never decides keeps to the call's time and signal": keyed(async (t) => {
    let asked;
    const judging = new Promise((resolve) => {
      asked = resolve;
    });
    const validate = () => new Promise(asked);
    const schema = { "~standard": { version: 1, vendor: "test", validate } };
    const controller = new AbortController();
    const { signal } = controller;
    const aborted = t.portcullis.jsonp(address(t, "echo"), { schema, signal, timeoutMs: 0 });
    await judging;
    controller.abort("enough");
    t.equal((await t.rejects(aborted, "jsonp/aborted")).cause, "enough");
    // The time is spent on the schema, whose verdict comes after it.
    await t.rejects(t.portcullis.jsonp(address(t, "echo"), { schema, timeoutMs: 2_000 }), "jsonp/timed-out");
  }),

  "a schema judges the answer and may change it": keyed(async (t) => {
    const schema = (validate) => ({ "~standard": { version: 1, vendor: "test", validate } });
    const upper = schema(async (value) => ({ value: { key: value.key.toUpperCase() } }));
    t.same(await t.portcullis.jsonp(address(t, "echo"), { schema: upper }), { key: t.key.toUpperCase() });
    const issues = [{ message: "no key at all" }];
    const error = await t.rejects(
      t.portcullis.jsonp(address(t, "echo"), { schema: schema(() => ({ issues })) }),
      { code: "jsonp/invalid", message: /no key at all/ },
    );
    t.ok(error.cause instanceof Error, "the cause is there");
  }),

  "any page reads a JSONP answer, which the same-origin policy would have kept from it": keyed(async (t) => {
    const evil = await t.frame({ origin: t.origins.evil });
    const read = await evil.run(
      async (kit, url, timeoutMs) => ({
        jsonp: await kit.portcullis.jsonp(url, { timeoutMs }),
        fetch: await fetch(`${url}&callback=name`).then(
          (answer) => answer.text(),
          ({ name }) => name,
        ),
      }),
      address(t, "echo", "&private=data"),
      PATIENT_MS,
    );
    // Not defended, and said so: the server's answer is for everybody.
    t.same(read, { jsonp: { key: t.key, private: "data" }, fetch: "TypeError" });
    t.equal((await hits(t)).length, 2, "both asked the server");
  }),

  "a redirect is told as one though the page's policy refuses the other host as well": keyed(async (t) => {
    const csp = `script-src 'self' ${t.origins.partner} '${t.portcullis.JSONP_FRAME_HASH}'`;
    const guest = await t.frame({ origin: t.origins.guest, params: { entry: "none", csp } });
    const { outcome, message } = await guest.runModule(
      "jsonp_strict.js",
      "ask",
      address(t, "hostile/redirect"),
      {},
    );
    t.equal(outcome, "jsonp/blocked");
    t.ok(message.includes("redirected"), message);
  }),

  "a page's policy lets the call through or is named": {
    timeoutMs: 120_000,
    run: keyed(async (t) => {
      for (const [policy, options, ...expected] of POLICIES) {
        for (const [index, isolate] of [true, false].entries()) {
          const guest = await t.frame({
            origin: t.origins.guest,
            page: "nonce.html",
            params: {
              entry: "none",
              csp: policy
                .replace("API", t.origins.partner)
                .replace("sha256-HASH", t.portcullis.JSONP_FRAME_HASH),
            },
          });
          const { outcome, message, violated } = await guest.runModule(
            "jsonp_strict.js",
            "ask",
            address(t, "echo"),
            {
              ...options,
              isolate,
              timeoutMs: PATIENT_MS,
            },
          );
          const claim = `${policy} ${isolate ? "isolated" : "in the page"}`;
          // An engine without Trusted Types has nothing to refuse.
          const wanted =
            policy.includes("require-trusted") && !t.fact("trustedTypes") ? "fine" : expected[index];
          t.equal(outcome, wanted, `${claim}: ${message}`);
          if (wanted === "fine")
            t.same(
              violated.filter((one) => one !== "trusted-types"),
              [],
              claim,
            );
          else t.ok(/script-src|Trusted Types/.test(message), message);
          guest.element.remove();
        }
      }
    }),
  },

  "a page under Cross-Origin-Embedder-Policy asks a server that allows it, as ours does": keyed(async (t) => {
    const page = t.popup({ origin: t.origins.host, params: { coep: "require-corp" } });
    await page.open();
    const told = await page.run(
      (kit, url, timeoutMs) =>
        Promise.all([true, false].map((isolate) => kit.portcullis.jsonp(url, { isolate, timeoutMs }))).then(
          ({ length }) => length,
        ),
      address(t, "echo"),
      PATIENT_MS,
    );
    t.equal(told, 2);
    t.equal((await hits(t)).length, 2);
  }),
};
