// Storage of another origin through a hub page, with rights for each key (T43).

const address = (t, area, { hub = t.origins.guest, ...more } = {}) => {
  const { entry, csp } = t;
  const query = new URLSearchParams({ area, origin: t.origins.host, entry, ...(csp && { csp }), ...more });
  return `${hub}/pages/e2e/pages/vault.html?${query}`;
};

const open = async (t, area, options) => {
  const { openStorage } = await import("/dist/storage.js");
  return t.closing(await openStorage(address(t, area, options), { timeoutMs: 20_000 }));
};

/** Opens a storage in another page; it stays there. */
const openThere = (guest, url) =>
  guest.run(async (kit, url) => {
    const { openStorage } = await import("/dist/storage.js");
    kit.state.storage = await openStorage(url, { timeoutMs: 20_000 });
  }, url);

/** Asks the storage of another page; its answer, or the code that it fails with. */
const askThere = (guest, method, ...values) =>
  guest.run(
    ({ state }, method, values) => state.storage[method](...values).catch(({ code }) => ({ code })),
    method,
    values,
  );

const fresh = () => `cart.${Math.random()}`;

export const cases = {
  ...Object.fromEntries(
    ["local", "session", "indexeddb", "cookie"].map((area) => [
      `${area}: values are kept, listed, watched and removed, within the grants`,
      async (t) => {
        // Over http a frame of another site keeps no cookies.
        const storage = await open(t, area, area === "cookie" ? { hub: t.origins.host } : {});
        const key = fresh();
        const value = { list: [1, "ü", null] };
        t.equal(await storage.get(key), undefined);
        const seen = t.deferred();
        const stop = await storage.watch(key, seen.resolve);
        await storage.set(key, value);
        t.same(await storage.get(key), value);
        t.same(await seen.promise, value);
        await stop();
        t.ok((await storage.keys()).includes(key));
        await storage.remove(key);
        t.equal(await storage.get(key), undefined);
        await t.rejects(storage.set("language", "en"), "storage/denied");
        await t.rejects(storage.get("secret"), "storage/denied");
        t.equal(await storage.get("language"), undefined, "the control: what is granted is allowed");
      },
    ]),
  ),

  "a hub of another site is partitioned, one of the own site is not": async (t) => {
    t.equal((await open(t, "local")).partitioned, true);
    // Where the sign is missing the hub errs on the side of caution.
    const { partitioned } = await open(t, "local", { hub: t.origins.sibling });
    t.equal(partitioned, !t.fact("strictCookieInSameSiteFrame"));
  },

  "a page that serves nothing is unavailable, and its frame goes": async (t) => {
    const { openStorage } = await import("/dist/storage.js");
    const before = document.querySelectorAll("iframe").length;
    await t.rejects(openStorage(`${t.origins.guest}/test/blank`, { timeoutMs: 300 }), "storage/unavailable");
    t.equal(document.querySelectorAll("iframe").length, before);
  },

  ...Object.fromEntries(
    ["local", "session"].map((area) => [
      `${area}: a full storage is a quota error, and keeps what it had`,
      async (t) => {
        const storage = await open(t, area);
        const key = fresh();
        await storage.set(key, "small");
        await t.rejects(storage.set(key, "x".repeat(6 * 1024 * 1024)), "storage/quota");
        t.equal(await storage.get(key), "small");
        await storage.remove(key);
      },
    ]),
  ),

  "cookie: one that is too large is a quota error, a closed jar is unavailable": async (t) => {
    const own = await open(t, "cookie", { hub: t.origins.host });
    const [key, large] = [fresh(), "x".repeat(5_000)];
    if (t.fact("largeCookieIsKept")) {
      await own.set(key, large);
      t.equal(await own.get(key), large);
      await own.remove(key);
    } else await t.rejects(own.set(key, large), "storage/quota");
    const foreign = await open(t, "cookie");
    await t.rejects(foreign.set(fresh(), 1), "storage/unavailable");
    t.equal(await foreign.get(fresh()), undefined);
  },

  "a browser that refuses the hub its storage is unavailable": async (t) => {
    const storage = await open(t, "local", { refused: "1" });
    for (const call of [storage.get(fresh()), storage.set(fresh(), 1), storage.keys()])
      await t.rejects(call, "storage/unavailable");
  },

  ...Object.fromEntries(
    ["local", "session", "cookie"].map((area) => [
      `${area}: a value that JSON would change is refused by the name of its key`,
      async (t) => {
        const storage = await open(t, area, area === "cookie" ? { hub: t.origins.host } : {});
        const key = fresh();
        const kept = { none: null, yes: true, text: "\ud800", list: [1.5, { deep: [] }], toJSON: 1 };
        await storage.set(key, kept);
        const refused = [
          undefined,
          Number.NaN,
          new Date(0),
          10n,
          { gone: undefined },
          { list: [new Map([[1, 2]])] },
          { set: new Set([1]) },
          { bytes: new Uint8Array(1) },
          { endless: Number.POSITIVE_INFINITY },
          // biome-ignore lint/suspicious/noSparseArray: the hole is what JSON fills
          [1, , 2],
          { call: () => 1 },
        ];
        for (const value of refused) {
          const { message } = await t.rejects(storage.set(key, value), "call/invalid");
          t.ok(message.includes(`"${key}"`), message);
        }
        t.same(await storage.get(key), kept, "the control: what JSON keeps is kept");
        await storage.remove(key);
      },
    ]),
  ),

  "indexeddb: structured data is kept as it is, a function is refused": async (t) => {
    const storage = await open(t, "indexeddb");
    const key = fresh();
    await storage.set(key, { when: new Date(7), map: new Map([[1, Number.NaN]]) });
    await t.rejects(storage.set(key, { call: () => 1 }), "call/invalid");
    const { when, map } = await storage.get(key);
    t.ok(when instanceof Date && map instanceof Map);
    t.same([when.getTime(), [...map]], [7, [[1, Number.NaN]]]);
    await storage.remove(key);
  },

  "indexeddb: a value is set when it is kept, not before": async (t) => {
    const storage = await open(t, "indexeddb", { aborted: "1" });
    const key = fresh();
    await t.rejects(storage.set(key, 1), "storage/unavailable");
    t.equal(await storage.get(key), undefined);
  },

  "a text of another script is the value, whether or not it is JSON": async (t) => {
    const storage = await open(t, "local", { hub: t.origins.host });
    for (const [text, value] of [
      ["dark", "dark"],
      ["{", "{"],
      ["", ""],
      ['{"a":1}', { a: 1 }],
    ]) {
      const key = fresh();
      t.cleanups.push(() => localStorage.removeItem(key));
      const seen = t.deferred();
      await storage.watch(key, seen.resolve);
      localStorage.setItem(key, text);
      t.same(await seen.promise, value);
      t.same(await storage.get(key), value);
    }
  },

  "cookies of other scripts that are not encoded are read, and harm no other": async (t) => {
    const [key, foreign] = [fresh(), fresh()];
    for (const cookie of ["discount=100%", `${foreign}=50%`, "nameless"]) {
      const name = cookie.includes("=") ? cookie.split("=")[0] : "";
      // biome-ignore lint/suspicious/noDocumentCookie: as such a script does
      document.cookie = `${cookie}; Path=/`;
      // biome-ignore lint/suspicious/noDocumentCookie: as such a script does
      t.cleanups.push(() => (document.cookie = `${name}=; Path=/; Max-Age=0`));
    }
    t.ok(document.cookie.includes("discount=100%"), "the control: the jar has it");
    const storage = await open(t, "cookie", { hub: t.origins.host });
    await storage.set(key, { list: [1, "ü"] });
    t.same(await storage.get(key), { list: [1, "ü"] });
    t.equal(await storage.get(foreign), "50%");
    const keys = await storage.keys();
    t.ok(keys.includes(key) && keys.includes(foreign));
    await storage.remove(key);
  },

  "all watchers hear that a storage was cleared": async (t) => {
    const storage = await open(t, "local", { hub: t.origins.host });
    const heard = [];
    for (const key of [fresh(), fresh()]) {
      await storage.set(key, 1);
      const seen = t.deferred();
      await storage.watch(key, seen.resolve);
      heard.push(seen.promise);
    }
    localStorage.clear();
    t.same(await Promise.all(heard), [undefined, undefined]);
  },

  ...Object.fromEntries(
    ["local", "indexeddb"].map((area) => [
      `${area}: a change made through another tab is watched`,
      async (t) => {
        const storage = await open(t, area);
        const key = fresh();
        const seen = t.deferred();
        await storage.watch(key, seen.resolve);
        const tab = t.popup({ origin: t.origins.host });
        await tab.open();
        await openThere(tab, address(t, area));
        await askThere(tab, "set", key, { from: "the other tab" });
        t.same(await seen.promise, { from: "the other tab" });
        t.same(await storage.get(key), { from: "the other tab" });
        await storage.remove(key);
      },
    ]),
  ),

  "two origins have each their own rights to each key, a third has none": async (t) => {
    const { partner } = t.origins;
    const url = address(t, "local", { reader: partner });
    const { openStorage } = await import("/dist/storage.js");
    const storage = t.closing(await openStorage(url, { timeoutMs: 20_000 }));
    await storage.set("cart.total", 1);
    const reader = await t.frame({ origin: partner });
    await openThere(reader, url);
    for (const [method, values, expected] of [
      ["get", ["cart.total"], undefined],
      ["set", ["cart.total", 2], { code: "storage/denied" }],
      ["remove", ["cart.total"], { code: "storage/denied" }],
      ["get", ["cart.other"], { code: "storage/denied" }],
      ["get", ["language"], { code: "storage/denied" }],
      ["keys", [], []],
    ]) {
      const answer = await askThere(reader, method, ...values);
      // In a frame of its own in this page it shares this page's partition, so the value may be there.
      if (expected === undefined) t.ok(answer === 1 || answer === undefined, `${method}: ${answer}`);
      else t.same(answer, expected, `${method} ${values}`);
    }
    t.equal(await storage.get("cart.total"), 1, "the control: nothing was changed");
    const stranger = await t.frame({ origin: t.origins.evil });
    const code = await stranger.run(async (_kit, url) => {
      const { openStorage } = await import("/dist/storage.js");
      return openStorage(url, { timeoutMs: 400 }).then(
        () => "open",
        (error) => error.code,
      );
    }, url);
    t.equal(code, "storage/unavailable");
  },

  "access is asked for without a throw, and a hidden frame gets none of another site": async (t) => {
    const storage = await open(t, "local");
    t.equal(await storage.requestAccess(), t.fact("storageAccessInHiddenFrame"));
  },

  "no access is given where the browser knows no such request": async (t) => {
    t.equal(await (await open(t, "local", { access: "unknown" })).requestAccess(), false);
    t.equal(await (await open(t, "local", { access: "granted" })).requestAccess(), true, "the control");
  },

  "every function fails with a code when the storage is closed, and its frame goes": async (t) => {
    const url = address(t, "local");
    const calls = {
      get: [fresh()],
      set: [fresh(), 1],
      remove: [fresh()],
      keys: [],
      watch: [fresh(), () => {}],
      requestAccess: [],
    };
    const storage = await open(t, "local");
    const frames = () => [...document.querySelectorAll("iframe")].filter(({ src }) => src === url).length;
    const before = frames();
    t.ok(before > 0, "its frame is there");
    const inFlight = Object.entries(calls).map(([method, values]) => [method, storage[method](...values)]);
    const ended = Promise.all(
      inFlight.map(([method, call]) => t.rejects(call, "channel/closed", `${method}, in flight`)),
    );
    storage.close();
    await ended;
    for (const [method, values] of Object.entries(calls))
      await t.rejects(storage[method](...values), "channel/closed", `${method}, afterwards`);
    t.equal(frames(), before - 1);
  },

  "a hub's frame is shown in a container, and hidden without one": async (t) => {
    const { openStorage } = await import("/dist/storage.js");
    const container = document.body.appendChild(document.createElement("div"));
    t.cleanups.push(() => container.remove());
    const url = address(t, "local");
    const storage = t.closing(await openStorage(url, { timeoutMs: 20_000, container }));
    const frame = container.querySelector("iframe");
    t.ok(frame.getBoundingClientRect().width > 0);
    t.equal(frame.getAttribute("aria-hidden"), null);
    t.equal(frame.tabIndex, 0);
    t.equal(frame.title, new URL(url).host);
    await open(t, "local");
    const hidden = [...document.querySelectorAll("iframe")].filter(({ src }) => src === url).at(-1);
    t.ok(hidden !== frame && hidden.getBoundingClientRect().width === 0);
    const gone = new Promise((resolve) =>
      new MutationObserver(resolve).observe(container, { childList: true }),
    );
    storage.close();
    await gone;
    t.equal(container.childElementCount, 0);
  },

  "a container that is none is refused, and no frame is made": async (t) => {
    const { openStorage } = await import("/dist/storage.js");
    const before = document.querySelectorAll("iframe").length;
    for (const container of [null, "#hub", document.createElement("div")])
      await t.rejects(openStorage(address(t, "local"), { container }), "call/invalid");
    t.equal(document.querySelectorAll("iframe").length, before);
  },

  "grants and areas that are none are refused, the whole of them": async (t) => {
    const { serveStorage } = await import("/dist/storage.js");
    const origin = t.origins.guest;
    const grant = { origin, keys: "cart.*", allow: ["get"] };
    const crafted = `cart.*\n1\n${origin}\nsecret`;
    // what                                       options                                            code
    for (const [what, options, code = "call/invalid"] of [
      ["an unknown right beside a known one", { grants: [{ ...grant, allow: ["get", "delete"] }] }],
      ["a right that every object has", { grants: [{ ...grant, allow: ["get", "toString"] }] }],
      ["rights that are no list", { grants: [{ ...grant, allow: "get" }] }],
      ["a line break that would grant another key", { grants: [{ ...grant, keys: crafted }] }],
      ["a line break at the end of the keys", { grants: [{ ...grant, keys: "cart.*\n" }] }],
      ["a line break in the origin", { grants: [{ ...grant, origin: `${origin}\nx` }] }, "origin/invalid"],
      ["no keys", { grants: [{ origin, allow: ["get"] }] }],
      ["no origin", { grants: [{ keys: "cart.*", allow: ["get"] }] }, "origin/invalid"],
      ["no grant", { grants: [null] }, "origin/invalid"],
      ["no list", { grants: grant }],
      ["an area with a typo", { grants: [grant], area: "locl" }],
      ["an area that every object has", { grants: [grant], area: "toString" }],
    ]) {
      let thrown;
      try {
        serveStorage(options).close();
      } catch (error) {
        thrown = error;
      }
      t.equal(thrown?.code, code, `${what}: ${thrown}`);
    }
    serveStorage({ grants: [grant] }).close();
  },

  "an address that is none is refused before a frame is made": async (t) => {
    const { openStorage } = await import("/dist/storage.js");
    const before = document.querySelectorAll("iframe").length;
    for (const url of ["http://", "data:text/html,x", "javascript:1", "about:blank"])
      await t.rejects(openStorage(url), "origin/invalid");
    t.equal(document.querySelectorAll("iframe").length, before);
  },
};
