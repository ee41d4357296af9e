import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { release } from "../../dist/index.js";
import { collect, deferred, fence, pair, rejection, withPair } from "./pair.mjs";

test(
  "functions cross in arguments and results, nested anywhere, and are called back",
  withPair(
    {
      methods: {
        apply: async (fn, ...args) => await fn(...args),
        nested: async ({ list: [one], map }) => [await one(1), await map.get("two")(2)],
        make: (a) => ({ add: (b) => a + b }),
        set: async (set) => Promise.all([...set].map((fn) => fn())),
      },
    },
    {},
    async (_, caller) => {
      assert.equal(await caller.remote.apply((a, b) => a * b, 6, 7), 42);
      const one = (n) => n + 1;
      const two = async (n) => n + 2;
      assert.deepEqual(await caller.remote.nested({ list: [one], map: new Map([["two", two]]) }), [2, 4]);
      const { add } = await caller.remote.make(40);
      assert.equal(await add(2), 42);
      assert.deepEqual(await caller.remote.set(new Set([() => "a", () => "b"])), ["a", "b"]);
    },
  ),
);

test(
  "a function keeps its identity on either side, and comes home as itself",
  withPair(
    {
      methods: {
        keep(fn) {
          this.channel.kept ??= fn;
          return this.channel.kept === fn;
        },
        back: (fn) => fn,
      },
    },
    {},
    async (_, caller) => {
      const fn = () => 1;
      assert.equal(await caller.remote.keep(fn), true);
      assert.equal(await caller.remote.keep(fn), true);
      assert.equal(await caller.remote.back(fn), fn);
    },
  ),
);

test(
  "what a function throws arrives as call/threw",
  withPair({ methods: { apply: (fn) => fn() } }, {}, async (_, caller) => {
    const error = await rejection(
      caller.remote.apply(() => {
        throw new RangeError("from the callback");
      }),
    );
    assert.equal(error.message, "from the callback");
    assert.equal(error.name, "RangeError");
  }),
);

test("a released function works no longer, and its owner lets it go", async () => {
  let owned = () => "alive";
  const ref = new WeakRef(owned);
  const [owner, borrower] = await pair({ methods: { lend: () => owned } });
  const lent = await borrower.remote.lend();
  assert.equal(await lent(), "alive");
  const running = lent();
  release(lent);
  release(lent);
  assert.equal(await running, "alive", "what was called before still answers");
  assert.equal((await rejection(lent())).code, "call/peer-gone");
  await fence(borrower);
  owned = undefined;
  owner.handle({});
  // One round may leave what a marking that was under way had seen alive.
  for (let i = 0; i < 20 && ref.deref(); i++) await collect();
  assert.equal(ref.deref(), undefined);
  owner.close();
});

test("a function nobody holds any more is given back by garbage collection", async () => {
  let owned = () => "alive";
  const ref = new WeakRef(owned);
  const [owner, borrower] = await pair({ methods: { lend: () => owned } });
  await borrower.remote.lend();
  owned = undefined;
  owner.handle({});
  for (let i = 0; i < 20 && ref.deref(); i++) {
    await collect();
    await fence(borrower);
  }
  assert.equal(ref.deref(), undefined);
  owner.close();
});

test("a function whose call is in flight is not given back by garbage collection", async () => {
  const started = deferred();
  const answer = deferred();
  let owned = () => {
    started.resolve();
    return answer.promise;
  };
  const ref = new WeakRef(owned);
  const [owner, borrower] = await pair({ methods: { lend: () => owned } });
  // Nobody holds the counterpart but the call that is made with it.
  const call = (await borrower.remote.lend())("in flight");
  owned = undefined;
  owner.handle({});
  await started.promise;
  for (let i = 0; i < 5; i++) {
    await collect();
    await fence(borrower);
  }
  answer.resolve("answered");
  assert.equal(await call, "answered");
  // And now that the call is over, it is: the control.
  for (let i = 0; i < 20 && ref.deref(); i++) {
    await collect();
    await fence(borrower);
  }
  assert.equal(ref.deref(), undefined);
  owner.close();
});

test("functions die with the channel", async () => {
  const [owner, borrower] = await pair({ methods: { lend: () => () => 1 } });
  const lent = await borrower.remote.lend();
  owner.close();
  await borrower.closed;
  assert.match((await rejection(lent())).code, /call\/peer-gone|channel\/closed/);
});

test("an AbortSignal in arguments aborts on the other side, with its reason", async () => {
  const seen = deferred();
  const started = deferred();
  const [server, caller] = await pair({
    methods: {
      watch({ signal }) {
        signal.addEventListener("abort", () => seen.resolve(signal.reason));
        started.resolve(signal.aborted);
      },
      state: (signal) => [signal.aborted, signal.reason?.message],
    },
  });
  const controller = new AbortController();
  await caller.remote.watch({ signal: controller.signal });
  assert.equal(await started.promise, false);
  controller.abort(new SyntaxError("why"));
  const reason = await seen.promise;
  assert.ok(reason instanceof SyntaxError);
  assert.equal(reason.message, "why");
  assert.deepEqual(await caller.remote.state(AbortSignal.abort(new Error("before"))), [true, "before"]);
  server.close();
});

test("signals of a peer that goes abort", async () => {
  const seen = deferred();
  const [server, caller] = await pair({
    methods: { watch: (signal) => void signal.addEventListener("abort", () => seen.resolve(signal.reason)) },
  });
  await caller.remote.watch(new AbortController().signal);
  caller.close();
  assert.equal((await seen.promise).code, "call/peer-gone");
  await server.closed;
});

async function* count(to, done = () => {}) {
  try {
    for (let i = 0; i < to; i++) yield i;
  } finally {
    done();
  }
}

test(
  "async generators stream both ways, in order and to the end",
  withPair(
    {
      methods: {
        count: (to) => count(to),
        async sum(numbers) {
          let sum = 0;
          for await (const number of numbers) sum += number;
          return sum;
        },
      },
    },
    {},
    async (_, caller) => {
      const got = [];
      for await (const item of await caller.remote.count(5)) got.push(item);
      assert.deepEqual(got, [0, 1, 2, 3, 4]);
      assert.equal(await caller.remote.sum(count(10_000)), 49_995_000);
    },
  ),
);

test("leaving a loop early ends the producer", async () => {
  const done = deferred();
  const [server, caller] = await pair({
    methods: { count: () => count(Number.POSITIVE_INFINITY, done.resolve) },
  });
  for await (const item of await caller.remote.count()) if (item === 3) break;
  await done.promise;
  server.close();
});

test("a slow reader stops the writer within its window", async () => {
  let produced = 0;
  async function* produce() {
    for (;;) {
      produced++;
      yield "x".repeat(10_000);
    }
  }
  const [server, caller] = await pair({ methods: { produce } });
  const stream = await caller.remote.produce();
  await stream.next();
  for (let i = 0; i < 20; i++) {
    await fence(caller);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const before = produced;
  assert.ok(before <= (1 << 20) / 10_000 + 2, `${before} items of 10 kB for a window of 1 MiB`);
  for (let i = 0; i < 60; i++) await stream.next();
  for (let i = 0; i < 20; i++) await fence(caller);
  assert.ok(produced > before, "reading makes it go on");
  await stream.return();
  server.close();
});

test("a producer that throws rejects the reader after what it gave before", async () => {
  const [server, caller] = await pair({
    methods: {
      async *broken() {
        yield 1;
        throw new RangeError("dry");
      },
      async *uncloneable() {
        yield 1;
        yield Symbol("s");
      },
    },
  });
  const stream = await caller.remote.broken();
  assert.deepEqual(await stream.next(), { done: false, value: 1 });
  const error = await rejection(stream.next());
  assert.ok(error instanceof RangeError);
  assert.equal(error.message, "dry");
  assert.deepEqual(await stream.next(), { done: true, value: undefined });

  const other = await caller.remote.uncloneable();
  await other.next();
  assert.equal((await rejection(other.next())).code, "call/not-cloneable");
  server.close();
});

test("a ReadableStream crosses both ways, bytes included, and cancels its source", async () => {
  const cancelled = deferred();
  const [server, caller] = await pair({
    methods: {
      endless: () =>
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array([1, 2, 3])),
          cancel: cancelled.resolve,
        }),
      async total(stream) {
        let total = 0;
        for await (const chunk of stream) total += chunk.length;
        return total;
      },
    },
  });
  const stream = await caller.remote.endless();
  assert.ok(stream instanceof ReadableStream);
  const reader = stream.getReader();
  assert.deepEqual((await reader.read()).value, new Uint8Array([1, 2, 3]));
  await reader.cancel(new Error("enough"));
  assert.equal((await cancelled.promise).message, "enough");

  const chunks = new ReadableStream({
    start(controller) {
      for (let i = 0; i < 10; i++) controller.enqueue(new Uint8Array(1000));
      controller.close();
    },
  });
  assert.equal(await caller.remote.total(chunks), 10_000);
  server.close();
});

test("streams of a peer that goes reject, and producers are ended", async () => {
  const [other, reader] = await pair({
    methods: {
      async *slow() {
        yield 1;
        await new Promise(() => {});
      },
    },
  });
  const stream = await reader.remote.slow();
  await stream.next();
  const pending = stream.next();
  other.close();
  assert.equal((await rejection(pending)).code, "call/peer-gone");

  const done = deferred();
  const [server, caller] = await pair({
    methods: {
      async read(stream) {
        await stream.next();
      },
    },
  });
  await caller.remote.read(count(Number.POSITIVE_INFINITY, done.resolve));
  server.close();
  await done.promise;
});

test("a stream that nobody reads costs nothing and ends with the channel", async () => {
  let started = 0;
  const [server, caller] = await pair({
    methods: {
      async *lazy() {
        started++;
        yield 1;
      },
    },
  });
  await caller.remote.lazy();
  await fence(caller);
  assert.equal(started, 0);
  server.close();
});

test("functions inside stream items are live too", async () => {
  const [server, caller] = await pair({
    methods: {
      async *functions() {
        yield { call: (n) => n * 2 };
      },
    },
  });
  for await (const { call } of await caller.remote.functions()) assert.equal(await call(21), 42);
  server.close();
});

test("a signal nobody holds or listens to any more is given back, any other goes on", {
  timeout: 60_000,
}, async () => {
  const seen = deferred();
  const held = [];
  const [owner, caller] = await pair({
    methods: {
      look: (signal) => signal.aborted,
      keep: (signal) => void held.push(signal),
      hear: (signal) => void signal.addEventListener("abort", () => seen.resolve(signal.reason.message)),
    },
  });
  const [looked, kept, heard] = [new AbortController(), new AbortController(), new AbortController()];
  const listened = ({ signal }) => getEventListeners(signal, "abort").length;
  await caller.call("look", [looked.signal]);
  await caller.call("keep", [kept.signal]);
  await caller.call("hear", [heard.signal]);
  assert.deepEqual([looked, kept, heard].map(listened), [1, 1, 1]);
  while (listened(looked)) {
    await collect();
    await fence(owner);
    await fence(caller);
  }
  assert.deepEqual([kept, heard].map(listened), [1, 1]);
  kept.abort();
  heard.abort(new Error("stop"));
  assert.equal(await seen.promise, "stop");
  assert.equal(held[0].aborted, true);
  caller.close();
});
