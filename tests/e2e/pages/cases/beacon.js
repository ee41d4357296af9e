// Beacons: what leaves, how, and what the server's log says of it (T42). The log is the only proof of delivery.

import { nothingAdded, snapshot } from "../residue.js";

const KIB = 1024;

/** A landing place that no other case uses. */
function landing(t) {
  const url = `${t.origins.partner}/beacon/${t.engine}${Math.random().toString(36).slice(2)}`;
  return { url };
}

/** The log of another origin is read from a page of that origin: it grants nobody else. */
async function log(t, url, count = 1, wait = 20_000) {
  const reader = await t.frame({ origin: t.origins.partner, params: { entry: "none" } });
  const read = (_kit, path) => fetch(path).then((response) => response.json());
  const { beacons } = await reader.run(read, `${url}/log?count=${count}&wait=${wait}`);
  reader.element.remove();
  return beacons;
}

/** A page of its own: the budget of 64 KiB is a page's. */
const page = (t, params = {}) => t.frame({ origin: t.origins.guest, params });

/** Runs in a guest. */
const send = (kit, url, kind, size, options) => {
  const data = {
    text: () => "x".repeat(size),
    json: () => ({ a: 1, b: ["x"] }),
    query: () => new URLSearchParams({ a: "1 2", b: "ü" }),
    // No UTF-8.
    bytes: () => new Uint8Array(size).fill(0xff),
    form: () => {
      const form = new FormData();
      form.append("field", "value");
      return form;
    },
    typed: () => new Blob(["{}"], { type: "application/json" }),
    nothing: () => undefined,
  }[kind]();
  return kit.portcullis.beacon(url, data, options);
};

/** What the crate's reader says of a body that is another reader's. */
const UNREAD = { refused: "cannot be read" };

/** via, kind of data, size, what the caller is told, what lands. */
const WAYS = [
  ["image", "json", 0, { via: "image", queued: true }, { method: "GET", text: '{"a":1,"b":["x"]}' }],
  [
    "image",
    "query",
    0,
    { via: "image", queued: true },
    {
      method: "GET",
      fields: [
        ["a", "1 2"],
        ["b", "ü"],
      ],
    },
  ],
  ["image", "nothing", 0, { via: "image", queued: true }, { method: "GET" }],
  ["image", "text", 5_000, { via: "none", queued: false, reason: "too-large" }],
  [
    "sendBeacon",
    "json",
    0,
    { via: "sendBeacon", queued: true },
    { method: "POST", text: '{"a":1,"b":["x"]}' },
  ],
  [
    "sendBeacon",
    "query",
    0,
    { via: "sendBeacon", queued: true },
    {
      method: "POST",
      fields: [
        ["a", "1 2"],
        ["b", "ü"],
      ],
    },
  ],
  [
    "sendBeacon",
    "text",
    64 * KIB,
    { via: "sendBeacon", queued: true },
    { method: "POST", body_bytes: 64 * KIB },
  ],
  ["sendBeacon", "text", 64 * KIB + 1, { via: "none", queued: false, reason: "too-large" }],
  ["fetch", "text", 64 * KIB, { via: "fetch", queued: true }, { method: "POST", body_bytes: 64 * KIB }],
  ["fetch", "text", 64 * KIB + 1, { via: "none", queued: false, reason: "too-large" }],
  ...["sendBeacon", "fetch"].flatMap((via) => [
    [via, "bytes", 100, { via, queued: true }, { method: "POST", body_bytes: 100, ...UNREAD }],
    [via, "form", 0, { via, queued: true }, { content_type: /^multipart\/form-data; ?boundary=/, ...UNREAD }],
  ]),
  ["auto", "bytes", 100, { via: "sendBeacon", queued: true }, { body_bytes: 100, ...UNREAD }],
  ["auto", "form", 0, { via: "sendBeacon", queued: true }, UNREAD],
  ["auto", "json", 0, { via: "sendBeacon", queued: true }, { method: "POST" }],
  ["auto", "text", 4_000, { via: "sendBeacon", queued: true }, { method: "POST", body_bytes: 4_000 }],
  [
    "auto",
    "text",
    64 * KIB + 1,
    { via: "fetch", queued: true },
    { method: "POST", body_bytes: 64 * KIB + 1 },
  ],
];

export const cases = {
  ...Object.fromEntries(
    WAYS.map(([via, kind, size, outcome, lands]) => [
      `${via} of ${kind}${size ? ` (${size} bytes)` : ""}: ${outcome.reason ?? outcome.via}`,
      async (t) => {
        const { url } = landing(t);
        const guest = await page(t);
        t.same(await guest.run(send, url, kind, size, { via }), outcome);
        if (!lands) {
          // A fence through the same server: what had been sent before would have come.
          await guest.run(send, url, "nothing", 0, { via: "fetch" });
          t.equal((await log(t, url)).length, 1, "only the fence");
          return;
        }
        const [landed, ...more] = await log(t, url);
        t.same(more, []);
        for (const [name, value] of Object.entries(lands)) {
          if (value instanceof RegExp) t.ok(value.test(landed[name]), `${name}: ${landed[name]}`);
          else t.same(landed[name], value, name);
        }
      },
    ]),
  ),

  "the page has 64 KiB under way at once, in every engine": async (t) => {
    const { url } = landing(t);
    const guest = await page(t);
    const big = 40 * KIB;
    for (const via of ["sendBeacon", "fetch"]) {
      const fresh = await page(t);
      t.equal((await fresh.run(send, `${url}`, "text", big, { via })).queued, true, via);
      // Made in the same turn as the first: nothing of that can be through.
      const second = await guest.run(
        (kit, url, big, via) => {
          const first = kit.portcullis.beacon(url, "x".repeat(big), { via });
          return [first, kit.portcullis.beacon(url, "x".repeat(big), { via })];
        },
        url,
        big,
        via,
      );
      if (via === "sendBeacon") {
        t.same(second, [
          { via, queued: true },
          { via: "none", queued: false, reason: "over-budget" },
        ]);
      } else t.equal(second[1].reason, "over-budget");
    }
  },

  "a fetch that is through frees its part of the budget": async (t) => {
    const { url } = landing(t);
    const guest = await page(t);
    t.equal((await guest.run(send, url, "text", 60 * KIB, { via: "fetch" })).queued, true);
    await log(t, url, 1);
    // The answer reaches the page after the log; the page says when its budget is back.
    t.step("waiting for the budget");
    await guest.run(async (kit, url) => {
      while (!kit.portcullis.beacon(url, "x".repeat(60 * 1024), { via: "fetch" }).queued) await kit.turn();
    }, url);
    t.equal((await log(t, url, 2)).length, 2);
  },

  "a type that is not safelisted asks by CORS, and a server that grants nothing gets nothing": async (t) => {
    const { url } = landing(t);
    const guest = await page(t);
    const outcome = await guest.run(send, url, "typed", 0, { via: "fetch" });
    t.same(outcome, { via: "fetch", queued: true }, "queued is not delivered");
    const path = new URL(url).pathname;
    const { hits } = await (await fetch(`/hits?path=${path}&method=OPTIONS&count=1&wait=20000`)).json();
    t.equal(hits.length, 1);
    t.same(await log(t, url, 0, 0), []);
  },

  "the referrer is sent as asked": async (t) => {
    for (const via of ["image", "fetch"]) {
      const { url } = landing(t);
      const guest = await page(t);
      await guest.run(send, url, "json", 0, { via, referrerPolicy: "no-referrer" });
      t.equal((await log(t, url))[0].referer, null, via);
      await guest.run(send, url, "json", 0, { via, referrerPolicy: "origin" });
      t.equal((await log(t, url, 2))[1].referer, `${t.origins.guest}/`, via);
    }
    t.throws(
      () => t.portcullis.beacon("/beacon/x", "", { via: "sendBeacon", referrerPolicy: "origin" }),
      "beacon/invalid",
    );
  },

  "a policy that forbids the connection is not told by the outcome, only by the server's log": async (t) => {
    const { url } = landing(t);
    const guest = await page(t, { csp: "connect-src 'self'" });
    const outcome = await guest.run(send, url, "text", 3_000, { via: "auto" });
    t.equal(outcome.queued, true);
    const fence = await page(t);
    await fence.run(send, url, "nothing", 0, { via: "fetch" });
    t.equal((await log(t, url)).length, 1, "only the fence");
  },

  "a redirect is followed": async (t) => {
    const { url } = landing(t);
    const guest = await page(t);
    const headers = JSON.stringify({ location: url });
    const hop = `${t.origins.partner}/test/blank?status=307&headers=${encodeURIComponent(headers)}`;
    await guest.run(send, hop, "text", 10, { via: "sendBeacon" });
    t.equal((await log(t, url))[0].body_bytes, 10);
  },

  "what is no beacon is refused at once": (t) => {
    const cyclic = {};
    cyclic.self = cyclic;
    for (const [url, data, options] of [
      ["javascript:1", "x"],
      ["data:,x", "x"],
      ["http://user:word@partner.localhost/", "x"],
      ["http://", "x"],
      ["/beacon/x", cyclic],
      ["/beacon/x", () => 1],
      ["/beacon/x", 1n],
      ["/beacon/x", new ReadableStream()],
      ["/beacon/x", new Uint8Array(1), { via: "image" }],
      ["/beacon/x", new FormData(), { via: "image" }],
      ["/beacon/x", "x", { via: "pigeon" }],
      ["/beacon/x", "x", { via: "plainFetch" }],
    ]) {
      t.throws(() => t.portcullis.beacon(url, data, options), "beacon/invalid", t.show([url, data, options]));
    }
  },

  "a beacon leaves nothing behind": async (t) => {
    const before = snapshot();
    const { url } = landing(t);
    for (const via of ["image", "sendBeacon", "fetch"]) t.portcullis.beacon(url, "x", { via });
    await log(t, url, 3);
    await t.turn();
    nothingAdded(t, before, "afterwards");
  },

  "a queue sends batches by count, by bytes and by time": async (t) => {
    const { url } = landing(t);
    const guest = await page(t);
    const stats = await guest.run((kit, endpoint) => {
      const queue = kit.portcullis.createBeaconQueue({
        endpoint,
        via: "sendBeacon",
        maxBatch: 3,
        flushAfterMs: 200,
      });
      kit.state.queue = queue;
      for (let n = 1; n <= 7; n += 1) queue.push({ n });
      return queue.stats;
    }, url);
    t.same(stats, { pushed: 7, queued: 6, waiting: 1, batches: 2, postponed: 0, dropped: 0 });
    const texts = (await log(t, url, 3)).map(({ text }) => text).sort();
    t.same(
      texts,
      ['[{"n":1},{"n":2},{"n":3}]', '[{"n":4},{"n":5},{"n":6}]', '[{"n":7}]'],
      "the last by time",
    );
    const after = await guest.run((kit) => kit.state.queue.stats);
    t.same(after, { pushed: 7, queued: 7, waiting: 0, batches: 3, postponed: 0, dropped: 0 });

    const second = landing(t).url;
    const counts = await guest.run((kit, endpoint) => {
      const queue = kit.portcullis.createBeaconQueue({ endpoint, via: "sendBeacon", maxBytes: 10 });
      queue.push("abcd");
      queue.push("ef");
      return [queue.stats.batches, queue.stats.waiting];
    }, second);
    // ["abcd"] is 8 bytes, ["abcd","ef"] would be 13.
    t.same(counts, [1, 1]);
  },

  "an event that could never fit is refused, and one that just fits is not": (t) => {
    const queue = t.portcullis.createBeaconQueue({
      endpoint: "/beacon/none",
      maxBytes: 20,
      flushAfterMs: 60_000,
    });
    t.cleanups.push(() => queue.close());
    t.throws(() => queue.push("x".repeat(17)), { code: "beacon/too-large", message: /19 bytes/ });
    t.throws(() => queue.push(undefined), "beacon/invalid");
    queue.push("x".repeat(16));
    t.equal(queue.stats.pushed, 1);
  },

  "a queue of images fits its batches to the address": async (t) => {
    const { url } = landing(t);
    const events = Array.from({ length: 40 }, (_, n) => ({ n, text: `${"ü <&> ".repeat(5)}${n}` }));
    const queue = t.portcullis.createBeaconQueue({ endpoint: `${url}?a=1`, via: "image" });
    t.cleanups.push(() => queue.close());
    for (const event of events) queue.push(event);
    queue.flush();
    const { batches, ...rest } = queue.stats;
    t.same(rest, { pushed: 40, queued: 40, waiting: 0, postponed: 0, dropped: 0 });
    const landed = await log(t, url, batches);
    const told = landed.flatMap(({ fields }) => JSON.parse(fields.find(([name]) => name === "data")[1]));
    t.same(
      told.sort((a, b) => a.n - b.n),
      events,
    );
  },

  "an image takes an event to the last byte of the address, and no more": (t) => {
    const endpoint = `${t.origins.partner}/beacon/none`;
    // ?data=%5B%22...%22%5D
    const room = 2_000 - endpoint.length - "?data=%5B%22%22%5D".length;
    for (const [text, fits] of [
      ["x".repeat(room), true],
      ["x".repeat(room + 1), false],
      ["ü".repeat(room / 6), true],
      ["ü".repeat(room / 6 + 1), false],
    ]) {
      const queue = t.portcullis.createBeaconQueue({ endpoint, via: "image" });
      t.cleanups.push(() => queue.close());
      if (!fits) {
        t.throws(() => queue.push(text), "beacon/too-large");
        continue;
      }
      queue.push(text);
      queue.flush();
      t.equal(queue.stats.queued, 1);
    }
  },

  "a queue may wait for longer than the platform's timers": async (t) => {
    const { url } = landing(t);
    const queues = [2 ** 31, Number.POSITIVE_INFINITY, 50].map((flushAfterMs) => {
      const queue = t.portcullis.createBeaconQueue({ endpoint: url, flushAfterMs });
      t.cleanups.push(() => queue.close());
      queue.push({ flushAfterMs });
      return queue;
    });
    // The control: the shortest limit was set last, and is over.
    t.equal((await log(t, url))[0].text, '[{"flushAfterMs":50}]');
    t.same(
      queues.map(({ stats }) => stats.batches),
      [0, 0, 1],
    );
  },

  "a queue that is over budget keeps its events and sends them later": {
    timeoutMs: 60_000,
    run: async (t) => {
      const { url } = landing(t);
      const guest = await page(t);
      const stats = await guest.run((kit, endpoint) => {
        const queue = kit.portcullis.createBeaconQueue({
          endpoint,
          via: "sendBeacon",
          maxBytes: 40_000,
          flushAfterMs: 500,
        });
        kit.state.queue = queue;
        for (let n = 0; n < 2; n += 1) queue.push("x".repeat(39_000));
        queue.flush();
        return queue.stats;
      }, url);
      t.same([stats.queued, stats.waiting, stats.postponed], [1, 1, 1]);
      t.equal((await log(t, url, 2, 40_000)).length, 2, "the second came when the budget was back");
    },
  },

  "a queue flushes when its page goes": async (t) => {
    // Firefox often ends the process of a site's last page before its handlers have run.
    await page(t);
    for (const end of ["remove", "navigate"]) {
      const { url } = landing(t);
      const guest = await page(t);
      await guest.run((kit, endpoint) => {
        kit.portcullis.createBeaconQueue({ endpoint, flushAfterMs: 60_000 }).push({ bye: true });
      }, url);
      if (end === "remove") guest.element.remove();
      else guest.element.src = `${t.origins.evil}/test/blank`;
      const [landed] = await log(t, url);
      t.equal(landed?.text, '[{"bye":true}]', end);
    }
  },

  "a closed queue takes nothing and leaves nothing": async (t) => {
    const before = snapshot();
    const { url } = landing(t);
    const queue = t.portcullis.createBeaconQueue({ endpoint: url, via: "fetch" });
    t.ok(snapshot().held.length > before.held.length, "an open queue listens");
    queue.push(1);
    queue.close();
    queue.close();
    t.throws(() => queue.push(2), "beacon/invalid");
    nothingAdded(t, before, "afterwards");
    t.equal((await log(t, url))[0].text, "[1]");
  },

  "a queue checks its endpoint when it is made": (t) => {
    t.throws(
      () => t.portcullis.createBeaconQueue({ endpoint: "ftp://partner.localhost/" }),
      "beacon/invalid",
    );
  },
};
