import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, PortcullisError } from "../../dist/index.js";
import { deferred, fence, pair, rejection, withPair } from "./pair.mjs";

test(
  "methods are called with their arguments and answer with their results",
  withPair({ methods: { add: (a, b) => a + b, math: { mul: (a, b) => a * b } } }, {}, async (_, caller) => {
    assert.equal(await caller.remote.add(1, 2), 3);
    assert.equal(await caller.remote.math.mul(3, 4), 12);
    assert.equal(await caller.call("math.mul", [5, 6]), 30);
    assert.equal(await caller.call("add", ["a"]), "aundefined");
  }),
);

test(
  "both sides may call each other at once",
  withPair({ methods: { me: () => "a" } }, { methods: { me: () => "b" } }, async (a, b) => {
    assert.deepEqual(await Promise.all([a.remote.me(), b.remote.me()]), ["b", "a"]);
  }),
);

test(
  "results of every plain kind arrive, undefined and null included",
  withPair({ methods: { echo: (value) => value } }, {}, async (_, caller) => {
    for (const value of [undefined, null, 0, -0, Number.NaN, "", "x", true, 12345678901234567890n]) {
      assert.ok(Object.is(await caller.remote.echo(value), value), String(value));
    }
  }),
);

test(
  "own properties only are offered, never a prototype's, and no name breaks out",
  withPair(
    {
      methods: Object.assign(Object.create({ inherited: () => 1 }), {
        own: () => 2,
        toString: () => 3,
        // biome-ignore lint/suspicious/noThenProperty: it must not be offered
        then: () => 4,
        __proto__x: () => 5,
      }),
    },
    {},
    async (_, caller) => {
      assert.equal(await caller.remote.own(), 2);
      assert.equal(await caller.remote.__proto__x(), 5);
      const before = Object.getOwnPropertyNames(Object.prototype).join();
      const names = ["inherited", "toString", "then", "constructor", "__proto__", "hasOwnProperty", ""];
      names.push("__proto__.polluted", "constructor.constructor", "own.call", "x".repeat(200));
      for (const name of names) {
        assert.equal((await rejection(caller.call(name, [1]))).code, "call/method-not-found", name);
      }
      assert.equal((await rejection(caller.call("x".repeat(1 << 20)))).code, "call/method-not-found");
      assert.equal(Object.getOwnPropertyNames(Object.prototype).join(), before);
      assert.equal({}.polluted, undefined);
    },
  ),
);

test(
  "the remote object is no promise and keeps its methods",
  withPair({ methods: { add: (a, b) => a + b } }, {}, async (_, caller) => {
    assert.equal(await caller.remote, caller.remote);
    assert.equal(caller.remote.then, undefined);
    assert.equal(caller.remote.add, caller.remote.add);
    assert.equal(caller.remote.math.mul, caller.remote.math.mul);
    // Names that functions have of their own are methods like any other.
    assert.equal((await rejection(caller.remote.add.name())).code, "call/method-not-found");
    assert.equal((await rejection(caller.remote.add.length())).code, "call/method-not-found");
  }),
);

test(
  "a handler that throws rejects with call/threw and what the error carried, but no stack",
  withPair(
    {
      methods: {
        fail() {
          throw Object.assign(new RangeError("too far", { cause: new TypeError("inner") }), {
            code: "E_FAR",
            detail: { limit: 3 },
          });
        },
        async later() {
          throw new AggregateError([new Error("one"), "two"], "many");
        },
        text() {
          throw "no";
        },
        dom() {
          throw new DOMException("gone", "NotFoundError");
        },
      },
    },
    {},
    async (_, caller) => {
      const error = await rejection(caller.remote.fail());
      assert.ok(error instanceof PortcullisError);
      assert.equal(error.code, "call/threw");
      assert.equal(error.name, "RangeError");
      assert.equal(error.message, "too far");
      assert.equal(error.remoteCode, "E_FAR");
      assert.deepEqual(error.detail, { limit: 3 });
      assert.ok(error.cause instanceof TypeError);
      assert.equal(error.cause.message, "inner");
      assert.doesNotMatch(error.stack + error.cause.stack, /calls\.test.*fail/);

      const many = await rejection(caller.remote.later());
      assert.equal(many.name, "AggregateError");
      assert.equal(many.errors[0].message, "one");
      assert.equal(many.errors[1], "two");

      const text = await rejection(caller.remote.text());
      assert.equal(text.code, "call/threw");
      assert.equal(text.cause, "no");
      assert.match(text.message, /no/);

      assert.equal((await rejection(caller.remote.dom())).name, "NotFoundError");
    },
  ),
);

test(
  "stacks cross when the throwing side exposes them",
  withPair(
    {
      exposeStacks: true,
      methods: {
        theHandler() {
          throw new Error("seen");
        },
      },
    },
    {},
    async (_, caller) => assert.match((await rejection(caller.remote.theHandler())).stack, /theHandler/),
  ),
);

test(
  "traceCalls ends a rejection's stack at the line that made the call",
  withPair({}, { traceCalls: true }, async (_, caller) => {
    async function theCaller() {
      await caller.remote.nothing();
    }
    assert.match((await rejection(theCaller())).stack, /theCaller/);
  }),
);

test("an aborted signal rejects the call and aborts the handler's signal with its reason", async () => {
  const aborted = deferred();
  const started = deferred();
  const [server, caller] = await pair({
    methods: {
      wait() {
        this.signal.addEventListener("abort", () => aborted.resolve(this.signal.reason));
        started.resolve();
        return new Promise(() => {});
      },
    },
  });
  const controller = new AbortController();
  const call = caller.call("wait", [], { signal: controller.signal });
  await started.promise;
  controller.abort(new RangeError("enough"));
  const error = await rejection(call);
  assert.equal(error.code, "call/aborted");
  assert.equal(error.cause.message, "enough");
  const reason = await aborted.promise;
  assert.ok(reason instanceof RangeError);
  assert.equal(reason.message, "enough");
  server.close();
});

test("a signal that is aborted already sends nothing", async () => {
  let ran = 0;
  const [server, caller] = await pair({ methods: { run: () => ++ran } });
  const error = await rejection(caller.call("run", [], { signal: AbortSignal.abort() }));
  assert.equal(error.code, "call/aborted");
  assert.equal(await caller.remote.run(), 1);
  server.close();
});

test("a call past its time rejects, aborts the handler, and a late answer is dropped", async () => {
  const aborted = deferred();
  const [server, caller] = await pair({
    methods: {
      slow() {
        this.signal.addEventListener("abort", () => aborted.resolve());
        return aborted.promise.then(() => "late");
      },
      quick: () => "quick",
    },
  });
  const error = await rejection(caller.call("slow", [], { timeoutMs: 20 }));
  assert.equal(error.code, "call/timed-out");
  assert.match(error.message, /slow/);
  await aborted.promise;
  assert.equal(await caller.remote.quick(), "quick");
  server.close();
});

test("callTimeoutMs is the default of every call, and 0 is never", async () => {
  const hang = () => new Promise(() => {});
  const [server, caller] = await pair({ methods: { hang } }, { callTimeoutMs: 20 });
  assert.equal((await rejection(caller.remote.hang())).code, "call/timed-out");
  const patient = caller.call("hang", [], { timeoutMs: 0 });
  assert.equal((await rejection(caller.remote.hang())).code, "call/timed-out");
  server.close("done");
  assert.equal((await rejection(patient)).code, "call/peer-gone");
});

test(
  "the handler's context names the channel and the caller",
  withPair(
    {
      methods: {
        who() {
          return [this.origin, this.channel.name, this.signal.aborted];
        },
      },
      name: "tea",
    },
    { name: "tea" },
    async (_, caller) => assert.deepEqual(await caller.remote.who(), ["", "tea", false]),
  ),
);

test("notify runs the handler and answers nothing", async () => {
  const heard = deferred();
  const [server, caller] = await pair({ methods: { tell: (...words) => heard.resolve(words) } });
  assert.equal(caller.notify("tell", ["a", { b: 1 }]), undefined);
  assert.deepEqual(await heard.promise, ["a", { b: 1 }]);
  server.close();
});

test("a notified handler that throws is told to log, once per cause, and nobody else", async () => {
  const told = [];
  const [server, caller] = await pair({
    log: (event) => told.push(event),
    methods: {
      tell() {
        throw new Error("odd");
      },
    },
  });
  caller.notify("tell");
  caller.notify("tell");
  await fence(caller);
  assert.equal(told.length, 1);
  assert.equal(told[0].kind, "dropped");
  assert.match(told[0].reason, /odd/);
  server.close();
});

test("a notified handler may throw what throws when it is read", async () => {
  const told = [];
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const [server, caller] = await pair({
    log: (event) => told.push(event),
    methods: {
      tell() {
        throw proxy;
      },
      later: () => Promise.reject(Object.create(null)),
      add: (a, b) => a + b,
    },
  });
  caller.notify("tell");
  caller.notify("later");
  assert.equal(await caller.remote.add(1, 2), 3, "the call in the same message");
  await fence(caller);
  assert.deepEqual(
    told.map(({ kind }) => kind),
    ["dropped"],
  );
  server.close();
});

test("what may not run is told to log with its method and the reason, once per cause", async () => {
  const told = [];
  const ran = [];
  const number = ([n]) => (typeof n === "number" ? { value: [n] } : { issues: [{ message: "no number" }] });
  const [server, caller] = await pair({
    methods: { secret: () => ran.push("secret"), count: (n) => ran.push(n) },
    authorize: ({ method }) => method !== "secret",
    schemas: { count: { args: { "~standard": { version: 1, vendor: "test", validate: number } } } },
    log: ({ kind, reason }) => told.push([kind, reason]),
  });
  for (let i = 0; i < 2; i++) {
    caller.notify("secret");
    caller.notify("count", ["x"]);
    caller.notify("nowhere");
  }
  caller.notify("count", [1]);
  assert.equal((await rejection(caller.remote.secret())).code, "call/denied");
  assert.deepEqual(ran, [1]);
  assert.deepEqual(told.sort(), [
    ["refused", '"nowhere" of this page is not offered: only own properties of its `methods` are'],
    ["refused", '"secret" of this page was denied by its `authorize`'],
    ["refused", 'the arguments of "count" of this page are not valid: no number'],
  ]);
  server.close();
});

test("a notified handler's signal aborts when the caller is gone, of as many as pendingCalls at once", async () => {
  const signals = [];
  const started = deferred();
  const [server, caller] = await pair({
    limits: { pendingCalls: 2 },
    methods: {
      done() {
        signals.push(this.signal);
      },
      hang() {
        signals.push(this.signal);
        if (signals.length === 4) started.resolve();
        return new Promise(() => {});
      },
    },
  });
  for (const method of ["done", "hang", "hang", "hang"]) caller.notify(method);
  await started.promise;
  assert.ok(signals.every(({ aborted }) => !aborted));
  caller.close();
  await server.closed;
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [false, true, true, false],
  );
  assert.equal(signals[1].reason.code, "call/peer-gone");
});

test("a notification whose caller goes while it waits for authorize runs, with its signal aborted", async () => {
  const asked = deferred();
  const gate = deferred();
  const ran = deferred();
  const [server, caller] = await pair({
    authorize() {
      asked.resolve();
      return gate.promise;
    },
    methods: {
      save() {
        ran.resolve(this.signal.aborted);
      },
    },
  });
  caller.notify("save");
  await asked.promise;
  caller.close();
  await server.closed;
  gate.resolve(true);
  assert.equal(await ran.promise, true);
});

test("handle replaces the methods; calls that run finish on the old ones", async () => {
  const gate = deferred();
  const [server, caller] = await pair({ methods: { which: () => gate.promise.then(() => "old") } });
  const running = caller.remote.which();
  await fence(caller);
  server.handle({ which: () => "new", more: () => 1 });
  assert.equal(await caller.remote.which(), "new");
  assert.equal(await caller.remote.more(), 1);
  gate.resolve();
  assert.equal(await running, "old");
  server.close();
});

test("5,000 calls at once are all answered, each with its own result", async () => {
  const [server, caller] = await pair({ methods: { add: (a, b) => a + b } });
  const calls = Array.from({ length: 5000 }, (_, i) => caller.remote.add(i, 1));
  const results = await Promise.all(calls);
  assert.ok(results.every((result, i) => result === i + 1));
  server.close();
});

test("calls, notifications and events start in the order in which they were made", async () => {
  const seen = [];
  const [server, caller] = await pair({
    methods: { call: (n) => void seen.push(`call ${n}`), buffer: (b) => void seen.push(`buffer ${b[0]}`) },
  });
  server.on("event", (n) => seen.push(`event ${n}`));
  caller.remote.call(1);
  caller.emit("event", 2);
  caller.remote.buffer(new Uint8Array([3]));
  caller.notify("call", [4]);
  await caller.remote.call(5);
  assert.deepEqual(seen, ["call 1", "event 2", "buffer 3", "call 4", "call 5"]);
  server.close();
});

test("pendingCalls holds at its limit and one above it is call/busy", async () => {
  const gate = deferred();
  const options = { limits: { pendingCalls: 3 } };
  const [server, caller] = await pair({ ...options, methods: { wait: () => gate.promise } }, options);
  const waiting = [1, 2, 3].map(() => caller.remote.wait());
  const error = await rejection(caller.remote.wait());
  assert.equal(error.code, "call/busy");
  assert.equal(error.executed, "no");
  gate.resolve("done");
  assert.deepEqual(await Promise.all(waiting), ["done", "done", "done"]);
  assert.equal(await caller.remote.wait(), "done");
  server.close();
});

test("a receiver with a lower limit answers call/busy itself", async () => {
  const gate = deferred();
  const [server, caller] = await pair({ limits: { pendingCalls: 2 }, methods: { wait: () => gate.promise } });
  const calls = [1, 2, 3].map(() => caller.remote.wait());
  assert.equal((await rejection(calls[2])).code, "call/busy");
  gate.resolve(1);
  assert.deepEqual(await Promise.all(calls.slice(0, 2)), [1, 1]);
  server.close();
});

test("memory of the core grows while calls wait, and every call is answered", async () => {
  const gate = deferred();
  const options = { limits: { pendingCalls: 20_000 } };
  const methods = { wait: (n) => gate.promise.then(() => n) };
  const [server, caller] = await pair({ ...options, methods }, options);
  const names = Array.from({ length: 300 }, (_, i) => rejection(caller.call(`${"long".repeat(50)}${i}`)));
  const calls = Array.from({ length: 19_000 }, (_, i) => caller.remote.wait(i));
  await Promise.all(names);
  gate.resolve();
  assert.deepEqual(
    await Promise.all(calls),
    Array.from({ length: 19_000 }, (_, i) => i),
  );
  server.close();
});

test("more names than there are ids are told again and again without a mistake", async () => {
  const methods = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`m${i}`, () => i]));
  const [server, caller] = await pair({ methods });
  for (let round = 0; round < 2; round++) {
    const results = await Promise.all(Array.from({ length: 3000 }, (_, i) => caller.call(`m${i}`)));
    assert.ok(results.every((result, i) => result === i));
  }
  server.close();
});

test("what is no peer is refused by name", async () => {
  assert.equal((await rejection(connect({}))).code, "connect/refused");
  assert.equal((await rejection(connect(null))).code, "connect/target-closed");
});

test(
  "a result larger than limits.queuedBytes fails its call at once, and the channel goes on",
  withPair(
    { methods: { list: (n) => ["x".repeat(n)] }, limits: { queuedBytes: 10_000 } },
    {},
    async (_, caller) => {
      const error = await rejection(caller.call("list", [20_000], { timeoutMs: 60_000 }));
      assert.equal(error.code, "call/not-cloneable");
      assert.match(error.message, /limits\.queuedBytes/);
      assert.deepEqual(await caller.remote.list(5), ["xxxxx"]);
    },
  ),
);

test(
  "a text of limits.queuedBytes crosses both ways, a longer one is call/busy, and the channel goes on",
  withPair(
    { methods: { echo: (text) => text, text: (n) => "x".repeat(n) }, limits: { queuedBytes: 10_000 } },
    { limits: { queuedBytes: 10_000 } },
    async (_, caller) => {
      const most = "x".repeat(10_000);
      assert.equal(await caller.remote.echo(most), most);
      for (const send of [() => caller.call("echo", [`${most}x`]), () => caller.remote.text(10_001)]) {
        const error = await rejection(send());
        assert.match(error.message, /limits\.queuedBytes/);
      }
      assert.throws(() => caller.emit("topic", `${most}x`), { code: "call/busy" });
      assert.equal(await caller.remote.echo("short"), "short");
    },
  ),
);
