// window.name: asking a page through a hidden frame's name (T39, T40).

import { nothingAdded, snapshot } from "../residue.js";

/** For what has to come: as long as a case. A busy machine takes its time. */
const PATIENT_MS = 25_000;

/** What a name may be by default. */
const LIMIT = 1024 * 1024;

const BLANK = "/pages/e2e/pages/name_blank.html";

function address(t, origin, mode, more = {}) {
  const query = new URLSearchParams({ mode, entry: t.entry, ...more });
  return `${origin}/pages/e2e/pages/respond.html?${query}`;
}

function ask(t, mode, options = {}, more = {}) {
  return t.portcullis.windowName.request(address(t, t.origins.guest, mode, more), {
    blankUrl: BLANK,
    timeoutMs: PATIENT_MS,
    ...options,
  });
}

/** Frames the answering page as any page can, with a name of its own choice. */
async function framed(t, name, mode = "tells") {
  const element = document.createElement("iframe");
  element.name = name;
  element.src = address(t, t.origins.guest, mode);
  const told = t.event(window, "message", ({ data }) => data?.respond);
  document.body.append(element);
  t.cleanups.push(() => element.remove());
  return { element, news: (await told).data.respond };
}

/** A request as `windowName.request` writes it, seen in its frame's attribute. */
async function genuine(t) {
  const call = ask(t, "slow", { data: 1, timeoutMs: 5_000, signal: AbortSignal.timeout(200) });
  call.catch(() => {});
  const name = [...document.querySelectorAll("iframe")].at(-1).name;
  await t.rejects(call, "window-name/aborted");
  return name;
}

/** Hostile pages: mode, its parameters, what the asking page is told; for those that end by time, when. */
const HOSTILE = [
  ["keeps", {}, "window-name/malformed"],
  ["garbage", {}, "window-name/malformed"],
  ["garbage", { size: 8 * 1024 * 1024 }, { code: /^window-name\/(malformed|too-large)$/ }],
  ["forges", {}, "window-name/malformed"],
  ["empties", {}, "window-name/malformed"],
  ["leaves", { to: "EVIL/test/blank" }, "window-name/timed-out", 2_000],
  // Where the frame went is told, so it must have come there by then.
  ["leaves", { to: "HOST/test/blank" }, { code: "window-name/timed-out", message: /test\/blank/ }, 8_000],
  ["leaves", { to: "data:text/html,x" }, "window-name/timed-out", 2_000],
  ["busts", { to: "EVIL/test/blank" }, "window-name/timed-out", 2_000],
];

export const cases = {
  "a page of the same origin, of the same site and of another site answers": async (t) => {
    const data = { text: 'ü\n"€\u2028', list: [1, null, { deep: true }] };
    for (const origin of [t.origins.host, t.origins.sibling, t.origins.neighbour, t.origins.guest]) {
      const before = snapshot();
      delete window.nameAtTheEnd;
      const url = address(t, origin, "echo");
      const answer = await t.portcullis.windowName.request(url, {
        blankUrl: BLANK,
        timeoutMs: PATIENT_MS,
        data,
      });
      t.same(answer, { data, origin: t.origins.host, name: "", kind: "object" }, origin);
      t.equal(window.nameAtTheEnd, "", "the frame's name is empty when it goes");
      delete window.nameAtTheEnd;
      nothingAdded(t, before, origin);
    }
    t.equal(window.name, "", "the page's own name");
  },

  "no data is no data, in both directions": async (t) => {
    t.equal((await ask(t, "echo")).kind, "undefined");
    t.equal(await ask(t, "nothing", { data: 1 }), undefined);
    t.equal(await ask(t, "function"), undefined, "as JSON has it");
  },

  "data that JSON cannot hold are refused": async (t) => {
    const cycle = {};
    cycle.self = cycle;
    for (const data of [cycle, 1n]) await t.rejects(ask(t, "echo", { data }), "window-name/malformed");
  },

  "many at once do not mix": async (t) => {
    const answers = await Promise.all([1, 2, 3, 4, 5].map((data) => ask(t, "echo", { data })));
    t.same(
      answers.map(({ data }) => data),
      [1, 2, 3, 4, 5],
    );
  },

  "a megabyte crosses, and the limit is exact": async (t) => {
    const size = 1_000_000;
    t.equal((await ask(t, "big", { data: size, maxBytes: 2_000_000 })).length, size);
    t.equal((await ask(t, "echo", { data: "x".repeat(size) })).data.length, size);
    const before = snapshot();
    await t.rejects(ask(t, "echo", { data: "x".repeat(LIMIT) }), "window-name/too-large", "the request");
    await t.rejects(ask(t, "big", { data: 20_000, maxBytes: 10_000 }), "window-name/too-large", "the answer");
    await t.rejects(ask(t, "own", { data: 20_000 }), "window-name/too-large", "the answerer's own limit");
    delete window.nameAtTheEnd;
    nothingAdded(t, before, "afterwards");
  },

  "a handler that throws is told": async (t) => {
    await t.rejects(ask(t, "throws"), { code: "window-name/malformed", message: /too far/ });
  },

  "a page that answers keeps to its own time and its own signal": async (t) => {
    for (const [mode, outcome, cause] of [
      ["impatient", "window-name/timed-out", ""],
      ["aborts", "window-name/aborted", "enough"],
    ]) {
      const told = t.event(window, "message", ({ data }) => data?.respond);
      const call = ask(t, mode);
      t.same((await told).data.respond, { outcome, cause, name: "" }, mode);
      await t.rejects(call, "window-name/malformed", `${mode}: the frame comes back without an answer`);
    }
    // The twin: with time enough and no signal the same page answers.
    t.equal((await ask(t, "echo", { data: 1 })).data, 1);
  },

  "time and abort leave nothing": async (t) => {
    const before = snapshot();
    await t.rejects(ask(t, "slow", { timeoutMs: 300 }), "window-name/timed-out");
    nothingAdded(t, before, "after the time");
    const reason = new Error("enough");
    const controller = new AbortController();
    const call = ask(t, "slow", { signal: controller.signal });
    controller.abort(reason);
    t.equal((await t.rejects(call, "window-name/aborted")).cause, reason);
    await t.rejects(ask(t, "echo", { signal: AbortSignal.abort(reason) }), "window-name/aborted");
    nothingAdded(t, before, "after the abort");
  },

  ...Object.fromEntries(
    HOSTILE.map(([mode, more, expected, timeoutMs]) => [
      `a page that ${mode} ${JSON.stringify(more)} gives one typed outcome`,
      {
        timeoutMs: 60_000,
        run: async (t) => {
          const before = snapshot();
          const to = more.to?.replace("EVIL", t.origins.evil).replace("HOST", t.origins.host);
          const here = location.href;
          await t.rejects(ask(t, mode, timeoutMs ? { timeoutMs } : {}, to ? { to } : more), expected);
          t.equal(location.href, here);
          delete window.nameAtTheEnd;
          nothingAdded(t, before, mode);
        },
      },
    ]),
  ),

  "addresses that cannot work are refused before any request": async (t) => {
    const url = address(t, t.origins.guest, "echo");
    const before = snapshot();
    for (const [page, blankUrl] of [
      ["javascript:alert(1)", BLANK],
      ["data:text/html,x", BLANK],
      ["http://", BLANK],
      [url, `${t.origins.guest}${BLANK}`],
      [url, "about:blank"],
      [url, "javascript:1"],
      [url, "http://"],
    ]) {
      const call = t.portcullis.windowName.request(page, { blankUrl });
      await t.rejects(call, "window-name/malformed", `${page} ${blankUrl}`);
    }
    nothingAdded(t, before, "afterwards");
  },

  "names that are no request are refused, and never used as an address": {
    timeoutMs: 90_000,
    run: async (t) => {
      const request = await genuine(t);
      t.ok(request.includes(BLANK), "the case reads a genuine request");
      const names = [
        "",
        "pay",
        "javascript:alert(1)",
        "[]",
        "null",
        request.slice(0, -5),
        `${request}x`,
        "x".repeat(LIMIT + 1),
      ];
      for (const path of [
        "//evil.localhost/",
        "/\\\\evil.localhost/",
        "javascript:alert(1)",
        `${t.origins.evil}/`,
        "\\t//x",
      ]) {
        names.push(request.replace(BLANK, path));
      }
      for (const name of names) {
        const { element, news } = await framed(t, name);
        const expected = name.length > LIMIT ? "window-name/too-large" : "window-name/malformed";
        t.equal(news.outcome, expected, `${name.slice(0, 80)}: ${news.message}`);
        element.remove();
      }
      // The control: the same frame with the genuine name.
      const { news } = await framed(t, request);
      t.same(news, { data: 1, origin: t.origins.host });
    },
  },

  "the handler is told the origin that really asks": async (t) => {
    const evil = await t.frame({ origin: t.origins.evil, params: { entry: "none" } });
    const name = await genuine(t);
    const seen = t.event(window, "message", ({ data }) => data?.stolen);
    await evil.run(
      (_kit, name, src) => {
        const frame = document.createElement("iframe");
        frame.name = name;
        frame.src = src;
        addEventListener(
          "message",
          ({ data }) => data?.respond && top.postMessage({ stolen: data.respond }, "*"),
        );
        document.body.append(frame);
      },
      name,
      address(t, t.origins.guest, "tells"),
    );
    t.equal((await seen).data.stolen.origin, t.origins.evil, "not the one whose name it is");
  },

  "respond outside a frame is refused": async (t) => {
    await t.rejects(
      t.portcullis.windowName.respond(() => 1),
      "window-name/malformed",
    );
  },

  "after a transfer the next page in this tab reads nothing": async (t) => {
    const guest = t.popup({ origin: t.origins.host });
    await guest.open();
    const url = address(t, t.origins.guest, "echo");
    const answer = await guest.run(
      (kit, url, options) => kit.portcullis.windowName.request(url, { ...options, data: "secret" }),
      url,
      { blankUrl: BLANK, timeoutMs: PATIENT_MS },
    );
    t.equal(answer.data, "secret");
    const next = guest.nextDocument();
    guest.popup.location = guest.address({ origin: t.origins.evil, params: { entry: "none" } });
    await next;
    t.equal(guest.about.origin, t.origins.evil);
    t.equal(await guest.run(() => window.name), "");
  },
};
