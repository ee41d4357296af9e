// A page with wasm and a page without understand each other, in both roles: this page has the one, its guest the other.

const OTHER = { index: "no-wasm", "no-wasm": "index" };

/** What a page's core runs on: plain JavaScript has no memory of wasm. */
const carrier = async () => {
  const { core } = await import("/dist/internal/core.js");
  return core().memory instanceof WebAssembly.Memory ? "index" : "no-wasm";
};

// Both sides do the same.

const meet = (kit, allowedOrigins, peer = parent) => {
  const methods = {
    add: (a, b) => a + b,
    each: (list, change) => Promise.all(list.map((item) => change(item))),
    fail() {
      throw new RangeError("too far");
    },
    async *count(last) {
      for (let n = 1; n <= last; n += 1) yield n;
    },
  };
  kit.state.connecting = kit.portcullis.connect(peer, { allowedOrigins, methods, timeoutMs: 0 });
};

const ask = async ({ state }) => {
  const channel = await state.connecting;
  const sums = await Promise.all(Array.from({ length: 1_000 }, (_, n) => channel.remote.add(n, 0.5)));
  const counted = [];
  for await (const n of await channel.remote.count(3)) counted.push(n);
  const { code, name } = await channel.remote.fail().catch((error) => error);
  channel.emit("news", { list: [-1, "ü"], at: new Date(7) }, { retain: true });
  return {
    sums: sums.every((sum, n) => sum === n + 0.5),
    doubled: await channel.remote.each([1, 2], (n) => 2 * n),
    counted,
    error: [code, name],
  };
};

const hear = async ({ state }) => {
  const channel = await state.connecting;
  return new Promise((resolve) => channel.on("news", resolve, { replay: true }));
};

export const cases = {
  "calls, callbacks, streams, errors and events cross both ways": async (t) => {
    // The policy of this page is for the entry without wasm.
    const params = { entry: OTHER[t.entry], csp: undefined };
    const guest = await t.frame({ origin: t.origins.guest, params });
    const host = { portcullis: t.portcullis, state: {} };
    await guest.run(meet, t.origins.host);
    meet(host, t.origins.guest, guest.element);
    t.closing(await host.state.connecting);
    t.same([await carrier(), await guest.run(carrier)], [t.entry, OTHER[t.entry]], "who runs on what");
    const found = { sums: true, doubled: [2, 4], counted: [1, 2, 3], error: ["call/threw", "RangeError"] };
    t.same(await ask(host), found, "the host asks");
    t.same(await guest.run(ask), found, "the guest asks");
    const news = { list: [-1, "ü"], at: new Date(7) };
    t.same(await guest.run(hear), news, "what the guest heard");
    t.same(await hear(host), news, "what the host heard");
  },
};
