import assert from "node:assert/strict";
import { test } from "node:test";
import { transfer } from "../../dist/index.js";
import { deferred, fence, pair, rejection, withPair } from "./pair.mjs";

const echo = { methods: { echo: (...values) => (values.length > 1 ? values : values[0]) } };

test(
  "everything that structured clone carries comes back the same",
  withPair(echo, {}, async (_, caller) => {
    const values = [
      { a: 1, b: { c: [1, 2, { d: "e" }] } },
      [],
      [[]],
      {},
      new Map([["k", { v: 1 }]]),
      new Set([1, "two", { three: 3 }]),
      new Date(86_400_000),
      /a+b/gi,
      new Uint8Array([1, 2, 3]),
      new Float64Array([1.5, -0]),
      new DataView(new ArrayBuffer(4)),
      new Uint8Array([1, 2]).buffer,
      Object(1n),
      Object("boxed"),
      { nested: new Map([[new Date(0), new Set([/x/])]]) },
      { undefined: undefined, null: null, nan: Number.NaN },
      Object.assign([1], { 2: "after a hole" }),
      Object.assign([1, 2], { named: "entry" }),
    ];
    for (const value of values) assert.deepEqual(await caller.remote.echo(value), value);
  }),
);

test(
  "shared and cyclic references keep their identity",
  withPair(echo, {}, async (_, caller) => {
    const shared = { s: 1 };
    const [left, right] = await caller.remote.echo([shared, shared]);
    assert.equal(left, right);
    const cyclic = { name: "c" };
    cyclic.self = cyclic;
    cyclic.list = [cyclic, new Map([["me", cyclic]])];
    const back = await caller.remote.echo(cyclic);
    assert.equal(back.self, back);
    assert.equal(back.list[0], back);
    assert.equal(back.list[1].get("me"), back);
    const [one, two] = await caller.remote.echo(shared, [shared]);
    assert.equal(one, two[0]);
  }),
);

test(
  "keys that are dangerous elsewhere are data here",
  withPair(echo, {}, async (_, caller) => {
    const evil = JSON.parse(
      '{"__proto__":{"polluted":1},"constructor":{"prototype":2},"toJSON":3,"length":4}',
    );
    const back = await caller.remote.echo(evil);
    assert.deepEqual(Object.keys(back), Object.keys(evil));
    assert.equal(Object.getPrototypeOf(back), Object.prototype);
    assert.deepEqual(Object.getOwnPropertyDescriptor(back, "__proto__").value, { polluted: 1 });
    assert.equal({}.polluted, undefined);
    // A `then` that is data does not make a promise of its object.
    // biome-ignore lint/suspicious/noThenProperty: that is the point
    assert.deepEqual(await caller.remote.echo({ then: 5 }), { then: 5 });
  }),
);

test(
  "a function named then cannot cross, since it would make a promise of its object",
  withPair(
    {
      // biome-ignore lint/suspicious/noThenProperty: that is the point
      methods: { ...echo.methods, thenable: () => [{ then: () => 1 }] },
    },
    {},
    async (_, caller) => {
      // biome-ignore lint/suspicious/noThenProperty: that is the point
      const error = await rejection(caller.remote.echo({ a: { then() {} } }));
      assert.equal(error.code, "call/not-cloneable");
      assert.equal(error.path, "args[0].a.then");
      assert.equal((await rejection(caller.remote.thenable())).path, "result[0].then");
    },
  ),
);

test(
  "instances of classes arrive as plain objects with their own properties",
  withPair(echo, {}, async (_, caller) => {
    class Point {
      x = 1;
      #hidden = 2;
      get sum() {
        return this.x + this.#hidden;
      }
    }
    const back = await caller.remote.echo(new Point());
    assert.deepEqual(back, { x: 1 });
    assert.equal(Object.getPrototypeOf(back), Object.prototype);
  }),
);

test("values are taken at the call, not when the batch leaves", async () => {
  const [server, caller] = await pair(echo);
  const object = { n: 1, deep: { list: [1] } };
  const bytes = new Uint8Array([1]);
  const calls = [caller.remote.echo(object), caller.remote.echo(bytes)];
  object.n = 2;
  object.deep.list.push(2);
  bytes[0] = 2;
  const [back, backBytes] = await Promise.all(calls);
  assert.deepEqual(back, { n: 1, deep: { list: [1] } });
  assert.equal(backBytes[0], 1);
  server.close();
});

test(
  "errors cross with class, name, message, cause, own properties, and identity",
  withPair(echo, {}, async (_, caller) => {
    class Custom extends TypeError {
      name = "Custom";
    }
    const inner = new RangeError("inner");
    const outer = Object.assign(new Custom("outer", { cause: inner }), { data: [1] });
    const back = await caller.remote.echo({ outer, again: outer });
    assert.ok(back.outer instanceof TypeError);
    assert.equal(back.outer.name, "Custom");
    assert.equal(back.outer.message, "outer");
    assert.deepEqual(back.outer.data, [1]);
    assert.ok(back.outer.cause instanceof RangeError);
    assert.equal(back.again, back.outer);
    assert.doesNotMatch(back.outer.stack, /values\.test/);

    const self = new Error("self");
    self.cause = self;
    const loop = await caller.remote.echo(self);
    assert.equal(loop.cause, loop);

    const many = await caller.remote.echo(new AggregateError([new URIError("u")], "m"));
    assert.ok(many instanceof AggregateError);
    assert.ok(many.errors[0] instanceof URIError);

    // What cannot cross is left out: an error must not fail to be told.
    const dirty = Object.assign(new Error("dirty"), { fn: () => 1, sym: Symbol("s"), ok: 1 });
    const clean = await caller.remote.echo(dirty);
    assert.equal(clean.message, "dirty");
    assert.deepEqual({ ...clean }, { ok: 1 });
  }),
);

test(
  "what an error cannot carry is left out of it alone, and moves nothing",
  withPair(echo, {}, async (_, caller) => {
    const shared = { list: [1], run: () => 1 };
    const [error, whole] = await caller.remote.echo(Object.assign(new Error("e"), { shared }), shared);
    assert.deepEqual({ ...error }, {});
    assert.deepEqual(whole.list, [1]);
    assert.equal(await whole.run(), 1);
    const { port1 } = new MessageChannel();
    await caller.remote.echo(Object.assign(new Error("e"), { held: { port1, symbol: Symbol("s") } }));
    // Throws for a port that has moved.
    structuredClone(port1, { transfer: [port1] }).close();
  }),
);

test(
  "what an error carries counts: beyond queuedBytes it is call/busy, and the channel goes on",
  withPair(
    { ...echo, limits: { queuedBytes: 100_000 } },
    { limits: { queuedBytes: 100_000 } },
    async (_, caller) => {
      for (const key of ["message", "name", "data", "cause"]) {
        const holding = (length) => Object.assign(new Error("e"), { [key]: "x".repeat(length) });
        assert.equal((await caller.remote.echo(holding(99_900)))[key].length, 99_900, key);
        assert.equal((await rejection(caller.remote.echo(holding(100_001)))).code, "call/busy", key);
      }
      assert.equal(await caller.remote.echo(1), 1);
    },
  ),
);

test(
  "what cannot cross fails its own call alone, with its path",
  withPair(echo, {}, async (_, caller) => {
    const detached = new ArrayBuffer(8);
    structuredClone(detached, { transfer: [detached] });
    const locked = new ReadableStream();
    locked.getReader();
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const table = [
      [[Symbol("s")], "args[0]"],
      [[1, { user: { name: Symbol("s") } }], "args[1].user.name"],
      [[{ "a b": [0, Promise.resolve()] }], 'args[0]["a b"][1]'],
      [[{ w: new WeakMap() }], "args[0].w"],
      [[{ b: new SharedArrayBuffer(4) }], "args[0].b"],
      [[{ b: new Uint8Array(new SharedArrayBuffer(4)) }], "args[0].b"],
      [[{ b: detached }], "args[0].b"],
      [[{ m: new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])) }], "args[0].m"],
      [[{ s: locked }], "args[0].s"],
      [[new Map([["k", Symbol("s")]])], "args[0][1]"],
      [
        [
          {
            get bad() {
              throw new Error("getter");
            },
          },
        ],
        "args[0]",
      ],
      [[{ p: proxy }], "args[0].p"],
      [
        [
          {
            get bad() {
              throw proxy;
            },
          },
        ],
        "args[0]",
      ],
    ];
    for (const [args, path] of table) {
      const good = caller.remote.echo("good");
      const error = await rejection(caller.call("echo", args));
      assert.equal(error.code, "call/not-cloneable", path);
      assert.equal(error.path, path);
      assert.equal(error.executed, "no");
      assert.ok(error.message.startsWith(`${path} of "echo"`), error.message);
      assert.equal(await good, "good");
    }
  }),
);

test(
  "a result that cannot cross is told with its path, and the channel goes on",
  withPair({ methods: { bad: () => ({ a: [Symbol("s")] }), good: () => 1 } }, {}, async (_, caller) => {
    const error = await rejection(caller.remote.bad());
    assert.equal(error.code, "call/not-cloneable");
    assert.equal(error.path, "result.a[0]");
    assert.equal(await caller.remote.good(), 1);
  }),
);

test(
  "depth is refused beyond its limit, at the sender and from a peer",
  withPair({ ...echo, limits: { depth: 10 } }, { limits: { depth: 20 } }, async (server, caller) => {
    const nested = (levels) => {
      let value = 1;
      for (let i = 0; i < levels; i++) value = [value];
      return value;
    };
    assert.deepEqual(await caller.remote.echo(nested(10)), nested(10));
    const error = await rejection(caller.remote.echo(nested(21)));
    assert.equal(error.code, "call/not-cloneable");
    assert.match(error.message, /limits\.depth/);
    assert.equal((await rejection(caller.remote.echo(nested(11)))).code, "channel/protocol");
    assert.deepEqual((await server.closed).code, "channel/protocol");
    assert.deepEqual((await caller.closed).code, "channel/protocol");
  }),
);

for (const [what, make, errorOf] of [
  ["an error", (error) => error, (value) => value],
  ["an aborted signal", (error) => AbortSignal.abort(error), (signal) => signal.reason],
]) {
  test(
    `${what} at limits.depth crosses without what lies deeper, and beyond it is refused to its sender`,
    withPair({ ...echo, limits: { depth: 5 } }, { limits: { depth: 5 } }, async (_, caller) => {
      const at = (depth) => {
        let value = make(Object.assign(new RangeError("deep", { cause: "why" }), { list: [1] }));
        for (let i = 1; i < depth; i++) value = [value];
        return value;
      };
      const inside = (value, depth) => (depth > 1 ? inside(value[0], depth - 1) : value);
      for (const [depth, cause, list] of [
        [3, "why", [1]],
        [4, "why", undefined],
        [5, undefined, undefined],
      ]) {
        const error = errorOf(inside(await caller.remote.echo(at(depth)), depth));
        assert.ok(error instanceof RangeError, `${depth}`);
        assert.equal(error.message, "deep");
        assert.equal(error.cause, cause);
        assert.deepEqual(error.list, list);
      }
      const refused = await rejection(caller.remote.echo(at(6)));
      assert.equal(refused.code, "call/not-cloneable");
      assert.match(refused.message, /limits\.depth/);
      assert.equal(await caller.remote.echo(1), 1);
    }),
  );
}

test(
  "a hundred thousand levels are refused, not a crash",
  withPair(echo, {}, async (_, caller) => {
    let value = 1;
    for (let i = 0; i < 100_000; i++) value = { value };
    assert.equal((await rejection(caller.remote.echo(value))).code, "call/not-cloneable");
    assert.equal(await caller.remote.echo(1), 1);
  }),
);

test(
  "a value larger than queuedBytes is busy; one just below crosses",
  withPair(
    { ...echo, limits: { queuedBytes: 100_000 } },
    { limits: { queuedBytes: 100_000 } },
    async (_, caller) => {
      assert.equal((await caller.remote.echo("x".repeat(90_000))).length, 90_000);
      assert.equal((await caller.remote.echo(new Uint8Array(90_000))).length, 90_000);
      assert.equal((await rejection(caller.remote.echo(["x".repeat(100_001)]))).code, "call/busy");
      assert.equal((await rejection(caller.remote.echo(new Uint8Array(100_001)))).code, "call/busy");
      assert.equal(await caller.remote.echo(1), 1);
    },
  ),
);

test("buffers are copied unless they are marked", async () => {
  const [server, caller] = await pair({
    methods: {
      size: (buffer) => buffer.byteLength,
      make() {
        const made = new Uint8Array(16);
        return transfer({ made }, [made.buffer]);
      },
    },
  });
  const copied = new ArrayBuffer(8);
  assert.equal(await caller.remote.size(copied), 8);
  assert.equal(copied.byteLength, 8);
  const moved = new ArrayBuffer(8);
  const call = caller.call("size", [moved], { transfer: [moved] });
  assert.equal(moved.byteLength, 0, "detached when the call returns");
  assert.equal(await call, 8);
  const marked = new ArrayBuffer(8);
  assert.equal(await caller.remote.size(transfer(marked, [marked])), 8);
  assert.equal(marked.byteLength, 0);
  assert.equal((await caller.remote.make()).made.length, 16);
  server.close();
});

test("a transferable that is listed twice or detached is named, and detaches nothing", async () => {
  const [server, caller] = await pair(echo);
  const good = new ArrayBuffer(8);
  const gone = new ArrayBuffer(8);
  structuredClone(gone, { transfer: [gone] });
  for (const list of [
    [good, good],
    [good, gone],
  ]) {
    const error = await rejection(caller.call("echo", [good], { transfer: list }));
    assert.equal(error.code, "call/not-cloneable");
    assert.equal(good.byteLength, 8);
  }
  server.close();
});

test("a port moves by itself, and works on the other side", async () => {
  const [server, caller] = await pair({
    methods: {
      use({ port }) {
        port.postMessage("through");
        port.close();
      },
    },
  });
  const { port1, port2 } = new MessageChannel();
  const heard = deferred();
  port1.onmessage = ({ data }) => heard.resolve(data);
  await caller.remote.use({ port: port2 });
  assert.equal(await heard.promise, "through");
  const error = await rejection(caller.remote.use({ port: port2 }));
  assert.equal(error.code, "call/not-cloneable");
  port1.close();
  server.close();
});

test("emit and notify throw at once what is wrong", async () => {
  const [server, caller] = await pair(echo);
  assert.throws(() => caller.emit("t", Symbol("s")), { code: "call/not-cloneable", path: "payload" });
  assert.throws(() => caller.notify("echo", [{ a: Symbol("s") }]), {
    code: "call/not-cloneable",
    path: "args[0].a",
  });
  assert.throws(() => caller.emit("t", () => 1, { retain: true }), { code: "call/invalid" });
  await fence(caller);
  server.close();
  await caller.closed;
  assert.throws(() => caller.emit("t", 1), { code: "channel/closed" });
  assert.throws(() => caller.notify("echo"), { code: "channel/closed" });
});
