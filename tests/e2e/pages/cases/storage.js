// Storage of another origin through a hub page, with rights for each key (T43).

const open = async (t, area, origin = t.origins.guest) => {
  const { openStorage } = await import("/dist/storage.js");
  const query = new URLSearchParams({ area, origin: t.origins.host });
  return t.closing(await openStorage(`${origin}/pages/e2e/pages/vault.html?${query}`, { timeoutMs: 5_000 }));
};

export const cases = {
  ...Object.fromEntries(
    ["local", "session", "indexeddb"].map((area) => [
      `${area}: values are kept, listed, watched and removed, within the grants`,
      async (t) => {
        const storage = await open(t, area);
        const key = `cart.${Math.random()}`;
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
    const { partitioned } = await open(t, "local", t.origins.sibling);
    t.equal(partitioned, !t.fact("strictCookieInSameSiteFrame"));
  },

  "a page that serves nothing is unavailable, and its frame goes": async (t) => {
    const { openStorage } = await import("/dist/storage.js");
    const before = document.querySelectorAll("iframe").length;
    await t.rejects(openStorage(`${t.origins.guest}/test/blank`, { timeoutMs: 300 }), "storage/unavailable");
    t.equal(document.querySelectorAll("iframe").length, before);
  },
};
