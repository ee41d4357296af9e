import assert from "node:assert/strict";
import { test } from "node:test";
import { deferred, fence, pair, withPair } from "./pair.mjs";

test(
  "every listener of a topic hears it, until it leaves",
  withPair({}, {}, async (a, b) => {
    const heard = [];
    const controller = new AbortController();
    const off = a.on("t", (value) => heard.push(["one", value]));
    a.on("t", (value) => heard.push(["two", value]), { signal: controller.signal });
    a.on("other", () => heard.push("never"));
    b.emit("t", 1);
    await fence(b);
    off();
    off();
    b.emit("t", { deep: [2] });
    await fence(b);
    controller.abort();
    b.emit("t", 3);
    b.emit("t");
    await fence(b);
    assert.deepEqual(heard, [
      ["one", 1],
      ["two", 1],
      ["two", { deep: [2] }],
    ]);
  }),
);

test(
  "only what was emitted with retain is replayed, and only its last value",
  withPair({}, {}, async (a, b) => {
    b.emit("kept", 1, { retain: true });
    b.emit("kept", 2, { retain: true });
    b.emit("kept", 3);
    b.emit("lost", 4);
    await fence(b);
    const heard = [];
    a.on("kept", (value) => heard.push(value), { replay: true });
    a.on("kept", (value) => heard.push(["no replay", value]));
    a.on("lost", (value) => heard.push(value), { replay: true });
    assert.deepEqual(heard, [], "not inside on()");
    await fence(b);
    assert.deepEqual(heard, [2]);
  }),
);

test("a listener that throws keeps nobody else from hearing", async (context) => {
  const printed = context.mock.method(console, "error", () => {});
  const [a, b] = await pair();
  const heard = deferred();
  a.on("t", () => {
    throw new Error("mine");
  });
  a.on("t", heard.resolve);
  b.emit("t", 1);
  assert.equal(await heard.promise, 1);
  assert.equal(printed.mock.callCount(), 1);
  a.close();
});

test("topics that a peer retains are bounded: the oldest go", async () => {
  const [a, b] = await pair();
  for (let i = 0; i < 1025; i++) b.emit(`t${i}`, i, { retain: true });
  await fence(b);
  const heard = [];
  a.on("t0", () => heard.push("oldest"), { replay: true });
  a.on("t1", (value) => heard.push(value), { replay: true });
  a.on("t1024", (value) => heard.push(value), { replay: true });
  await fence(b);
  assert.deepEqual(heard, [1, 1024]);
  a.close();
});

test(
  "bufferedAmount rises with what is sent and falls when the peer has taken it",
  withPair({ methods: { hold: () => 1 } }, {}, async (_, b) => {
    assert.equal(b.bufferedAmount, 0);
    for (let i = 0; i < 5; i++) b.emit("t", i);
    assert.equal(b.bufferedAmount, 5);
    await fence(b);
    assert.equal(b.bufferedAmount, 0);
  }),
);
