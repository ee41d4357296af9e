import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { connect } from "../../dist/index.js";
import { tappable } from "../../dist/internal/tap.js";
import { deferred, fence, pair, rejection } from "./pair.mjs";

test("what is wrong with an allow-list is said with the entry and the right form", async () => {
  const table = [
    // entry                        code                what the message says
    ["https://pay.example/path", "origin/invalid", /more than an origin/],
    ["https://pay.example?q", "origin/invalid", /more than an origin/],
    ["https://user@pay.example", "origin/invalid", /more than an origin/],
    ["https://pay.example\\", "origin/invalid", /https:\/\/pay\.example/],
    [" https://pay.example", "origin/invalid", /http or https/],
    ["pay.example", "origin/invalid", /http or https/],
    ["ftp://pay.example", "origin/invalid", /http or https/],
    ["null", "origin/invalid", /opaque: true/],
    ["", "origin/invalid", /http or https/],
    ["https://", "origin/invalid", /./],
    ["https://a.*.example", "origin/invalid", /leftmost label/],
    ["https://*pay.example", "origin/invalid", /leftmost label/],
    ["https://pay.example:99999", "origin/invalid", /port/],
    ["*", "origin/too-wide", /anyOrigin: true/],
    ["https://*", "origin/too-wide", /too many/],
    ["https://*.com", "origin/too-wide", /too many/],
    [/pay/, "origin/invalid", /texts/],
    [7, "origin/invalid", /texts/],
  ];
  for (const [entry, code, words] of table) {
    const { port1 } = new MessageChannel();
    const error = await rejection(connect(port1, { allowedOrigins: ["https://good.example", entry] }));
    assert.equal(error.code, code, String(entry));
    assert.match(error.message, words, String(entry));
    port1.close();
  }
});

test("upper case, IDN, default ports and a trailing slash are made canonical", async () => {
  for (const entry of [
    "HTTPS://PAY.Example/",
    "https://пример.test",
    "https://*.PAY.example:443",
    "http://[::1]:8080",
  ]) {
    const { port1 } = new MessageChannel();
    const controller = new AbortController();
    const connecting = connect(port1, { allowedOrigins: entry, signal: controller.signal });
    controller.abort();
    assert.equal((await rejection(connecting)).code, "connect/aborted", entry);
    port1.close();
  }
});

test("a peer that never answers is connect/timed-out, and says what to look for", async () => {
  const { port1 } = new MessageChannel();
  const error = await rejection(connect(port1, { timeoutMs: 30 }));
  assert.equal(error.code, "connect/timed-out");
  assert.match(error.message, /within 30 ms/);
  assert.match(error.message, /nothing arrived/);
  port1.close();
});

test("connecting is aborted by its signal, before and meanwhile, and the signal closes the channel after", async () => {
  const { port1, port2 } = new MessageChannel();
  const reason = new Error("changed my mind");
  const early = await rejection(connect(port1, { signal: AbortSignal.abort(reason) }));
  assert.equal(early.code, "connect/aborted");
  assert.equal(early.cause, reason);

  const controller = new AbortController();
  const connecting = rejection(connect(port1, { signal: controller.signal }));
  controller.abort(reason);
  assert.equal((await connecting).code, "connect/aborted");
  assert.equal((await connecting).cause, reason);

  const later = new AbortController();
  const [a, b] = await Promise.all([connect(port1, { signal: later.signal }), connect(port2)]);
  later.abort();
  assert.equal((await a.closed).code, "channel/closed");
  assert.equal((await b.closed).code, "channel/closed");
  port1.close();
});

test("a name or nonce of 1,024 characters meets, one that no greeting holds is refused at once", async () => {
  const longest = "n".repeat(1_024);
  const [a, b] = await pair({ name: longest, nonce: longest }, { name: longest, nonce: longest });
  assert.equal(a.name, longest);
  a.close();
  await b.closed;
  const { port1 } = new MessageChannel();
  for (const what of ["name", "nonce"]) {
    for (const wrong of [`${longest}n`, 7]) {
      const error = await rejection(connect(port1, { [what]: wrong, timeoutMs: 0 }));
      assert.equal(error.code, "connect/refused");
      assert.match(error.message, new RegExp(`the ${what} of a channel must be a text of at most 1024`));
    }
  }
  port1.close();
});

test("the defaults are those that the guide names", async () => {
  const guide = await readFile(new URL("../../docs/guide.md", import.meta.url), "utf8");
  const rows = [...guide.matchAll(/^\| `(\w+)`: .*? \| ([\d,]+) \|/gm)];
  const named = Object.fromEntries(rows.map(([, name, value]) => [name, Number(value.replaceAll(",", ""))]));
  const [a] = await pair();
  const { limits, timeoutMs, heartbeatMs, callTimeoutMs } = tappable.get(a).settings;
  assert.deepEqual(named, { ...limits, timeoutMs, heartbeatMs, callTimeoutMs });
  assert.deepEqual(named, {
    pendingCalls: 10_000,
    queuedBytes: 64 << 20,
    depth: 256,
    nameLength: 256,
    messagesPerSecond: 50_000,
    timeoutMs: 10_000,
    heartbeatMs: 5_000,
    callTimeoutMs: 30_000,
  });
  a.close();
});

test("one session per peer and name; another name is another channel; close makes room again", async () => {
  const { port1, port2 } = new MessageChannel();
  const first = connect(port1);
  assert.equal((await rejection(connect(port1))).code, "connect/refused");
  const channels = await Promise.all([
    first,
    connect(port2),
    connect(port1, { name: "two", methods: { which: () => 2 } }),
    connect(port2, { name: "two" }),
  ]);
  assert.equal(await channels[3].remote.which(), 2);
  assert.equal((await rejection(channels[1].remote.which())).code, "call/method-not-found");
  channels[0].close();
  await channels[1].closed;
  const again = await Promise.all([connect(port1, { methods: { which: () => 3 } }), connect(port2)]);
  assert.equal(await again[1].remote.which(), 3);
  assert.equal(await channels[3].remote.which(), 2);
  for (const channel of [...channels, ...again]) channel.close();
  port1.close();
});

test("the other side may come later, and what was connected twice in a row still works", async () => {
  const { port1, port2 } = new MessageChannel();
  const early = connect(port1, { methods: { hi: () => "hi" } });
  await new Promise((resolve) => setTimeout(resolve, 30));
  // As React mounts twice: connect, close, connect.
  const controller = new AbortController();
  const dropped = rejection(connect(port2, { signal: controller.signal }));
  controller.abort();
  await dropped;
  const late = await connect(port2);
  assert.equal(await late.remote.hi(), "hi");
  (await early).close();
  port1.close();
});

test("close sends what the turn queued, then says goodbye with its reason", async () => {
  const heard = [];
  const [a, b] = await pair({ methods: { note: (n) => void heard.push(n) } });
  a.on("t", (n) => heard.push(n));
  b.notify("note", [1]);
  b.emit("t", 2);
  const own = rejection(b.remote.note(3));
  const theirs = rejection(a.remote.wait());
  b.close("enough");
  assert.equal(b.state, "closed");
  assert.equal((await own).code, "channel/closed");
  assert.deepEqual(await b.closed, { code: "channel/closed", reason: "enough" });
  assert.deepEqual(await a.closed, { code: "channel/closed", reason: "enough" });
  assert.deepEqual(heard, [1, 2, 3]);
  assert.match((await theirs).code, /call\/(peer-gone|method-not-found)/);
  assert.equal((await rejection(b.remote.note(4))).code, "channel/closed");
  b.close("again");
  assert.equal(b.bufferedAmount, 0);
});

test("after a close the peer's calls in flight are call/peer-gone", async () => {
  const started = deferred();
  const hang = () => {
    started.resolve();
    return new Promise(() => {});
  };
  const [a, b] = await pair({ methods: { hang } });
  const call = rejection(b.remote.hang());
  await started.promise;
  a.close();
  assert.equal((await call).code, "call/peer-gone");
});

test("state changes are heard in order, until one leaves", async () => {
  const [a, b] = await pair();
  const states = [];
  const off = a.onStateChange((state) => states.push(state));
  const gone = a.onStateChange(() => states.push("never"));
  gone();
  assert.equal(a.state, "open");
  b.close();
  await a.closed;
  off();
  assert.deepEqual(states, ["closed"]);
});

test("channels are disposable", async () => {
  const [a, b] = await pair();
  if (Symbol.asyncDispose) await a[Symbol.asyncDispose]();
  else a.close();
  assert.equal(a.state, "closed");
  await b.closed;
  assert.equal(typeof a[Symbol.dispose ?? "close"], "function");
});

test("authorize: anything but true is call/denied, and calls keep their order", async () => {
  const gate = deferred();
  const seen = [];
  const answers = {
    yes: true,
    no: false,
    truthy: 1,
    throws: () => {
      throw new Error("secret");
    },
    later: () => new Promise((resolve) => setTimeout(resolve, 20, true)),
    gated: () => gate.promise,
  };
  const methods = Object.fromEntries(
    Object.keys(answers).map((name) => [name, (n) => void seen.push(name, n)]),
  );
  const asked = [];
  const [server, caller] = await pair({
    methods,
    authorize({ method, origin }) {
      asked.push([method, origin]);
      const answer = answers[method];
      return typeof answer === "function" ? answer() : answer;
    },
  });
  server.on("event", (n) => seen.push("event", n));
  const calls = [caller.remote.later(1), caller.remote.yes(2)];
  caller.emit("event", 3);
  await Promise.all(calls);
  assert.deepEqual(seen, ["later", 1, "yes", 2, "event", 3]);
  for (const name of ["no", "truthy", "throws"]) {
    const error = await rejection(caller.call(name));
    assert.equal(error.code, "call/denied");
    assert.doesNotMatch(error.message, /secret/);
  }
  assert.deepEqual(asked[0], ["later", ""]);
  assert.equal(seen.length, 6);
  // What was given up while it waited for its check does not start.
  const controller = new AbortController();
  const given = rejection(caller.call("gated", [9], { signal: controller.signal }));
  await fence(caller);
  controller.abort();
  assert.equal((await given).code, "call/aborted");
  await fence(caller);
  gate.resolve(true);
  await caller.remote.yes(10);
  assert.ok(!seen.includes(9));
  server.close();
});

/** A Standard Schema that wants `check` to be true and passes on what `map` makes of the value. */
const schema = (check, map = (value) => value) => ({
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) =>
      check(value)
        ? { value: map(value) }
        : { issues: [{ message: "is wrong", path: [0, { key: "deep" }] }] },
  },
});

test("schemas are checked on the side that receives, and failure is call/invalid", async () => {
  let ran = 0;
  const [server, caller] = await pair(
    {
      methods: {
        double(n) {
          ran++;
          return n * 2;
        },
        toString: () => 1,
      },
      schemas: {
        double: {
          args: schema(
            ([n]) => typeof n === "number",
            ([n]) => [n + 0.5],
          ),
        },
      },
    },
    {
      schemas: {
        double: {
          result: schema(
            (n) => n < 100,
            (n) => `${n}`,
          ),
        },
      },
    },
  );
  assert.equal(await caller.remote.double(2), "5");
  const bad = await rejection(caller.remote.double("2"));
  assert.equal(bad.code, "call/invalid");
  assert.match(bad.message, /arguments of "double".*0\.deep: is wrong/);
  assert.equal(ran, 1);
  const result = await rejection(caller.remote.double(99));
  assert.equal(result.code, "call/invalid");
  assert.match(result.message, /result of "double"/);
  server.close();
});

test("a patched page changes nothing", async () => {
  const [server, caller] = await pair({ methods: { add: (a, b) => a + b, list: (value) => value } });
  const saved = [];
  const patch = (owner, name) => {
    const original = Object.getOwnPropertyDescriptor(owner, name);
    saved.push([owner, name, original]);
    Object.defineProperty(owner, name, {
      ...original,
      value() {
        throw new Error(`patched ${name}`);
      },
    });
  };
  patch(MessagePort.prototype, "postMessage");
  patch(globalThis, "queueMicrotask");
  patch(globalThis, "setTimeout");
  patch(Promise.prototype, "then");
  patch(Array.prototype, "push");
  let results;
  try {
    results = [await caller.remote.add(1, 2), await caller.remote.list({ a: [1, new Map([[1, 2]])] })];
  } finally {
    for (const [owner, name, original] of saved) Object.defineProperty(owner, name, original);
  }
  assert.deepEqual(results, [3, { a: [1, new Map([[1, 2]])] }]);
  server.close();
});

test("500 channels connect and close, and the second half costs no memory of the core", async () => {
  const { port1, port2 } = new MessageChannel();
  const cycle = async () => {
    const [a, b] = await Promise.all([connect(port1, { methods: { f: (n) => n } }), connect(port2)]);
    assert.equal(await b.remote.f(1), 1);
    a.close();
    await b.closed;
  };
  const { registry } = await import("../../dist/internal/core.js");
  for (let i = 0; i < 250; i++) await cycle();
  const before = registry.core().memory.buffer.byteLength;
  for (let i = 0; i < 250; i++) await cycle();
  assert.equal(registry.core().memory.buffer.byteLength, before);
  port1.close();
});

test("a trap settles every call, closes the channels, and the next connect starts afresh", async () => {
  const { registry } = await import("../../dist/internal/core.js");
  const [a, b] = await pair({ methods: { hang: () => new Promise(() => {}) } });
  const calls = [rejection(b.remote.hang()), rejection(b.remote.hang())];
  await fence(b);
  const core = registry.core();
  // A pointer to nowhere traps as a broken invariant or a lack of memory would.
  tappable.get(b).raw.hint.call({ __wbg_ptr: 0xfffffff0 }, "https://a.example");
  for (const call of calls) assert.equal((await call).code, "channel/protocol");
  assert.equal((await a.closed).code, "channel/protocol");
  assert.equal((await b.closed).code, "channel/protocol");
  const [c, d] = await pair({ methods: { add: (x, y) => x + y } });
  assert.equal(await d.remote.add(1, 2), 3);
  assert.notEqual(registry.core(), core);
  c.close();
});
