// Every one-shot function keeps to its signal and its time, and leaves nothing behind.

import { nothingAdded, snapshot } from "../residue.js";

/** Longer than any case asks it to wait. */
const SLOW_MS = 20_000;

/** Each function asked of a server or a page that does not answer, and the codes it fails with. */
const FUNCTIONS = {
  "jsonp in a frame": {
    call: (t, limits) => t.portcullis.jsonp(slow(t, t.origins.guest), limits),
    aborted: "jsonp/aborted",
    late: "jsonp/timed-out",
  },
  "jsonp in the page": {
    call: (t, limits) => t.portcullis.jsonp(slow(t, t.origins.guest), { isolate: false, ...limits }),
    aborted: "jsonp/aborted",
    late: "jsonp/timed-out",
  },
  corsFetch: {
    call: (t, limits) => t.portcullis.corsFetch(slow(t, t.origins.guest), limits),
    aborted: "cors/network",
    late: "cors/network",
  },
  "the fetch of a proxy route": {
    call: (t, limits) =>
      t.portcullis
        .createProxyRoutes({ "/test/": "https://api.example/" })
        .fetch(`https://api.example/blank?delay=${SLOW_MS}`, limits),
    aborted: "cors/network",
    late: "cors/network",
  },
  "windowName.request": {
    call: (t, limits) =>
      t.portcullis.windowName.request(slow(t, t.origins.guest), {
        blankUrl: "/pages/e2e/pages/name_blank.html",
        ...limits,
      }),
    aborted: "window-name/aborted",
    late: "window-name/timed-out",
  },
  openStorage: {
    call: (t, limits) => t.storage.openStorage(slow(t, t.origins.guest), limits),
    aborted: "connect/aborted",
    late: "storage/unavailable",
  },
};

const slow = (t, origin) => `${origin}/test/blank?delay=${SLOW_MS}&never=${t.name.length}`;

const WAYS = {
  "aborted before it starts": (one) => {
    const reason = new Error("no longer needed");
    return [{ signal: AbortSignal.abort(reason) }, one.aborted];
  },
  "aborted on its way": (one) => [{ signal: AbortSignal.timeout(150) }, one.aborted],
  "out of time": (one) => [{ timeoutMs: 150 }, one.late],
  "aborted under a limit beyond the platform's timers": (one) => [
    { signal: AbortSignal.timeout(150), timeoutMs: 2 ** 31 },
    one.aborted,
  ],
  "aborted under no limit": (one) => [
    { signal: AbortSignal.timeout(150), timeoutMs: Number.POSITIVE_INFINITY },
    one.aborted,
  ],
};

export const cases = {};
for (const [name, one] of Object.entries(FUNCTIONS)) {
  for (const [what, way] of Object.entries(WAYS)) {
    cases[`${name}: ${what}`] = async (t) => {
      await import(`/dist/${t.channelEntry}.js`);
      t.storage = await import("/dist/storage.js");
      // What is made once for the page is made by a first call.
      await t.rejects(one.call(t, { timeoutMs: 50 }), one.late);
      const before = snapshot();
      const [limits, code] = way(one);
      const started = performance.now();
      const error = await t.rejects(one.call(t, limits), code);
      if (limits.signal) t.equal(error.cause, limits.signal.reason, "it says who gave up");
      t.ok(performance.now() - started < SLOW_MS / 2, "it did not wait for the answer");
      nothingAdded(t, before, name);
    };
  }
}
