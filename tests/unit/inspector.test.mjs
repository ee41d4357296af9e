// What the inspector records. Its element is tested in browsers: tests/e2e/pages/cases/inspector.js.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inspect } from "../../dist/inspector.js";
import { deferred, fence, pair, rejection } from "./pair.mjs";

/** A pair whose left side is inspected; closed with the test. */
async function inspected(t, left = {}, right = {}, options = {}) {
  const [here, there, ports] = await pair(left, right);
  t.after(() => {
    for (const channel of [here, there]) channel.close();
    for (const port of ports ?? []) port.close();
  });
  return { here, there, inspection: inspect(here, options) };
}

/** What an entry says, without what changes from run to run. */
const told = ({ kind, frame, method, fate }) =>
  [kind, frame, method, fate].filter((part) => part !== undefined).join(" ");

/** The entries that say something of the application. */
const lines = (inspection) =>
  inspection.entries
    .filter(({ kind, frame }) => kind === "state" || !/^(name|ping|pong|credit|release|open)$/.test(frame))
    .map(told);

/** The first call of a method. */
const callOf = (inspection, name) =>
  inspection.entries.find(({ frame, method }) => frame === "call" && method === name);

test("a call and its answer are shown, with latency, size and fate", async (t) => {
  const { here, inspection } = await inspected(t, {}, { methods: { math: { add: (a, b) => a + b } } });
  assert.equal(await here.remote.math.add(1, 2), 3);
  assert.deepEqual(lines(inspection), [
    "state open",
    "out call math.add answered",
    "in reply math.add taken",
  ]);
  const [, call, reply] = inspection.entries.filter(({ frame }) => frame !== "name");
  assert.ok(call.latencyMs > 0 && call.latencyMs === reply.latencyMs, `${call.latencyMs}`);
  assert.equal(call.bytes, 28, "three words and two numbers");
  assert.equal(call.id, reply.id);
  const { calls, answered, failed, bytesOut, messagesOut, messagesIn } = inspection.counters;
  assert.deepEqual(
    { calls, answered, failed, messagesOut, messagesIn },
    { calls: 1, answered: 1, failed: 0, messagesOut: 1, messagesIn: 1 },
  );
  assert.ok(bytesOut > 28);
});

test("values are shown only to those who ask for them", async (t) => {
  const { here, inspection } = await inspected(t, {}, { methods: { login: (name) => `hello ${name}` } });
  await here.remote.login("secret name");
  assert.doesNotMatch(JSON.stringify(inspection), /secret/);
  inspection.values = true;
  await here.remote.login("secret name");
  const values = inspection.entries.flatMap(({ value }) => value ?? []);
  assert.deepEqual(values, ['"secret name"', '"hello secret name"']);
});

test("every way in which a call can fail has its code as its fate", async (t) => {
  const stuck = deferred();
  const { here, inspection } = await inspected(
    t,
    {},
    {
      methods: {
        bad: () => {
          throw new RangeError("no");
        },
        odd: () => new WeakMap(),
        slow: () => stuck.promise,
        picky: () => 1,
        kept: () => 1,
      },
      schemas: {
        picky: {
          args: {
            "~standard": { version: 1, vendor: "t", validate: () => ({ issues: [{ message: "x" }] }) },
          },
        },
      },
      authorize: ({ method }) => method !== "kept",
    },
  );
  const controller = new AbortController();
  const aborted = rejection(here.call("slow", [1], { signal: controller.signal }));
  const failures = ["bad", "odd", "none", "picky", "kept"].map((method) => rejection(here.call(method)));
  failures.push(rejection(here.call("slow", [], { timeoutMs: 20 })));
  await Promise.all(failures);
  controller.abort();
  await aborted;
  await fence(here);
  const calls = inspection.entries.filter(({ frame }) => frame === "call").slice(0, 7);
  assert.deepEqual(Object.fromEntries(calls.map(({ method, fate, bytes }) => [`${method} ${bytes}`, fate])), {
    "slow 20": "call/aborted",
    "bad 12": "call/threw",
    "odd 12": "call/not-cloneable",
    "none 12": "call/method-not-found",
    "picky 12": "call/invalid",
    "kept 12": "call/denied",
    "slow 12": "call/timed-out",
  });
  assert.equal(inspection.counters.failed, 8, "with the fence's own");
  stuck.resolve();
});

test("calls of the peer, notifications, events, streams and live values are shown", async (t) => {
  const { here, there, inspection } = await inspected(
    t,
    { methods: { near: (tell) => tell("x") } },
    {
      methods: {
        noted() {},
        async *rows() {
          yield 1;
          yield 2;
        },
      },
    },
  );
  await there.remote.near(() => "told");
  here.notify("noted", [1]);
  here.emit("topic", 1);
  for await (const _ of await here.remote.rows());
  await fence(here);
  const seen = lines(inspection);
  for (const line of [
    "in call near answered",
    "out call function 0 answered",
    "out reply near taken",
    "out notify noted taken",
    "out event topic taken",
    "out call rows answered",
    "in item stream 0 taken",
    "in end stream 0 taken",
  ]) {
    assert.ok(seen.includes(line), `${line} in ${seen.join("; ")}`);
  }
  assert.deepEqual(callOf(inspection, "near").live, ["function"]);
  assert.equal(inspection.counters.oneWay, 4, "a notification, an event and two items");
});

test("a call in flight when the peer goes is shown with what is known of it", async (t) => {
  const { here, there, inspection } = await inspected(
    t,
    {},
    { methods: { slow: () => new Promise(() => {}) } },
  );
  const failed = rejection(here.remote.slow());
  await fence(here);
  there.close("bye");
  await failed;
  await here.closed;
  const call = callOf(inspection, "slow");
  assert.equal(call.fate, "call/peer-gone");
  assert.equal(told(inspection.entries.at(-1)), "state closed");
  assert.equal(inspection.entries.at(-1).reason, "channel/closed: bye");
});

test("an inspection that begins late knows what it did not see", async (t) => {
  const answer = deferred();
  const [here, there] = await pair({}, { methods: { slow: () => answer.promise } });
  t.after(() => here.close());
  const call = here.remote.slow();
  await fence(here);
  const inspection = inspect(here);
  const far = inspect(there);
  answer.resolve(1);
  await call;
  await here.remote.slow();
  assert.deepEqual(lines(inspection).slice(1, 2), ["in reply slow taken"]);
  assert.ok(lines(far).includes("in call slow answered"), lines(far).join("; "));
  inspection.stop();
  far.stop();
});

test("paused it keeps nothing and counts on; cleared it begins anew", async (t) => {
  const { here, inspection } = await inspected(t, {}, { methods: { one: () => 1 } });
  inspection.paused = true;
  await here.remote.one();
  assert.equal(inspection.entries.length, 1, "the state it began with");
  assert.equal(inspection.counters.answered, 1);
  assert.ok(inspection.counters.missed >= 2);
  inspection.paused = false;
  await here.remote.one();
  assert.equal(lines(inspection).length, 3);
  inspection.clear();
  assert.equal(inspection.entries.length, 0);
  assert.equal(inspection.counters.answered, 2);
});

test("it keeps no more entries than its limit, within a quarter", async (t) => {
  const { here, inspection } = await inspected(t, {}, { methods: { one: () => 1 } }, { limit: 20 });
  for (let n = 0; n < 10; n++) await here.remote.one();
  assert.ok(inspection.entries.length >= 20, `${inspection.entries.length}`);
  for (let n = 0; n < 40; n++) await here.remote.one();
  assert.ok(inspection.entries.length <= 25, `${inspection.entries.length}`);
  assert.equal(inspection.counters.answered, 50);
});

test("two inspections see the same, and one that stops leaves the other alone", async (t) => {
  const { here, inspection } = await inspected(t, {}, { methods: { one: () => 1 } });
  const second = inspect(here);
  await here.remote.one();
  assert.deepEqual(lines(inspection), lines(second));
  second.stop();
  let changes = 0;
  const stop = inspection.onChange(() => changes++);
  await here.remote.one();
  assert.equal(second.counters.calls, 1);
  assert.equal(inspection.counters.calls, 2);
  assert.ok(changes >= 3, `${changes}`);
  const before = changes;
  stop();
  await here.remote.one();
  assert.equal(changes, before);
});

test("the export is JSON and says all that is shown", async (t) => {
  const { here, inspection } = await inspected(t, {}, { methods: { one: () => 1 } });
  await here.remote.one();
  const record = JSON.parse(JSON.stringify(inspection));
  assert.equal(record.portcullis, 1);
  assert.deepEqual(record.counters, inspection.counters);
  assert.deepEqual(record.entries, JSON.parse(JSON.stringify(inspection.entries)));
});

test("what is no channel is refused by name", () => {
  assert.throws(() => inspect({}), { code: "call/invalid", message: /a channel or a hub/ });
});

test("with no channel entry loaded the import is named", () => {
  const source = `
    import { inspect } from ${JSON.stringify(import.meta.resolve("../../dist/inspector.js"))};
    try { inspect({}); } catch ({ code, message }) { console.log(code, message); }`;
  const said = execFileSync(process.execPath, ["--input-type=module", "-e", source], { encoding: "utf8" });
  assert.match(said, /^wasm\/not-ready .*import "portcullis"/);
});

test("it reads every kind of frame that the protocol has", async () => {
  const { readFrames } = await import("../../dist/inspector/wire.js");
  const protocol = readFileSync(new URL("../../docs/protocol.md", import.meta.url), "utf8");
  const rows = [...protocol.matchAll(/^\| (\d+) \| ([A-Z]\w+) \|([^|]*)\|([^|]*)\|/gm)];
  assert.equal(rows.length, 22);
  const words = [];
  const values = [];
  const expected = rows.map(([, number, name, list, count], index) => {
    const own = list.trim()
      ? list.split(",").flatMap((word) => (word.includes("× 4") ? [1, 2, 3, 4] : [7]))
      : [];
    const takes = count.trim() === "0" ? 0 : 1;
    words.push(Number(number) | (takes << 16), ...own);
    if (takes) values.push(index);
    return { kind: name.toLowerCase(), words: own, values: takes ? [index] : [] };
  });
  const read = readFrames([1, 0, words.length, ...words, ...values]);
  assert.deepEqual(
    read.map(({ kind, words, values }) => ({ kind, words, values })),
    expected,
  );
});

test("of a message that breaks the protocol it reads what stands before the break", async () => {
  const { readFrames } = await import("../../dist/inspector/wire.js");
  const kinds = (...words) => readFrames([1, 0, words.length, ...words]).map(({ kind }) => kind);
  assert.deepEqual(kinds(16, 1, 99, 1), ["ping"]);
  assert.deepEqual(kinds(16, 1, 3, 1), ["ping"], "a call without its target");
  assert.deepEqual(kinds(3 | (1 << 8), 1, 1, 4096), [], "more live values than there are words");
});

test("values of every kind have a size and a text", async () => {
  const { preview, sizeOf } = await import("../../dist/inspector/preview.js");
  const cyclic = { name: "loop" };
  cyclic.self = cyclic;
  for (const [value, text, bytes] of [
    ["a", '"a"', 1],
    [-0, "-0", 8],
    [12n, "12n", 8],
    [undefined, "undefined", 8],
    [[1, [2]], "[1, [2]]", 32],
    [{ a: 1, b: "xy" }, '{a: 1, b: "xy"}', 20],
    [new Map([["k", 1]]), 'Map {"k" => 1}', 17],
    [new Set([1]), "Set {1}", 16],
    [new Uint8Array(100), "Uint8Array(100 bytes)", 108],
    [new ArrayBuffer(4), "ArrayBuffer(4 bytes)", 12],
    [new Blob(["12345"]), "Blob(5 bytes)", 13],
    [new Date(0), "Date(1970-01-01T00:00:00.000Z)", 8],
    [new Date(Number.NaN), "Date(invalid)", 8],
    [cyclic, '{name: "loop", self: …}', 20],
    [/x/g, "/x/g", 8],
  ]) {
    assert.equal(preview(value, 100), text);
    assert.equal(sizeOf([value]), bytes, text);
  }
  assert.equal(preview("x".repeat(50), 10), '"xxxxxxxx…');
});
