import assert from "node:assert/strict";
import { test } from "node:test";
import { meet } from "../../dist/connect.js";
import { acceptIntroduction, connect, introduce } from "../../dist/index.js";
import { rejection } from "./pair.mjs";

const A = "https://a.example";
const B = "https://b.example";

/** A page in the middle with channels to two others, whose origins it knows. */
async function three() {
  const left = new MessageChannel();
  const right = new MessageChannel();
  const [toA, inA, toB, inB] = await Promise.all([
    meet(left.port1, {}, { origin: A }),
    connect(left.port2),
    meet(right.port1, {}, { origin: B }),
    connect(right.port2),
  ]);
  const close = () => {
    toA.close();
    toB.close();
    for (const { port1 } of [left, right]) port1.close();
  };
  return { toA, inA, toB, inB, close };
}

test("two pages that a third introduces talk directly, each with the origin vouched for", async () => {
  const { toA, inA, toB, inB, close } = await three();
  // One accepts before it is introduced, the other after.
  const early = acceptIntroduction(inA, { allowedOrigins: B, methods: { me: () => "a" } });
  const introduced = introduce(toA, toB);
  const late = acceptIntroduction(inB, { allowedOrigins: [A], methods: { me: () => "b" } });
  const [a, b] = await Promise.all([early, late]);
  await introduced;
  assert.equal(a.origin, B);
  assert.equal(b.origin, A);
  assert.deepEqual(await Promise.all([a.remote.me(), b.remote.me()]), ["b", "a"]);
  a.close();
  await b.closed;
  close();
});

test("introductions at once under one name end in one channel", async () => {
  const { toA, inA, toB, inB, close } = await three();
  const ports = () => process.getActiveResourcesInfo().filter((what) => what === "MessagePort").length;
  const made = [];
  /** How many ports are in use for what comes of so many introductions. */
  const used = async (times, name) => {
    const before = ports();
    const accepted = [
      acceptIntroduction(inA, { name, allowedOrigins: B, methods: { me: () => "a" } }),
      acceptIntroduction(inB, { name, allowedOrigins: A, methods: { me: () => "b" } }),
    ];
    await Promise.all(Array.from({ length: times }, () => introduce(toA, toB, { name })));
    const [a, b] = await Promise.all(accepted);
    assert.deepEqual(await Promise.all([a.remote.me(), b.remote.me()]), ["b", "a"]);
    made.push(a, b);
    return ports() - before;
  };
  assert.equal(await used(3, "thrice"), await used(1, "once"));
  // Not earlier: a port that closes meanwhile would be counted.
  for (const channel of made) channel.close();
  close();
});

test("the other page may be replaced by one of another origin, which the channel then tells", async () => {
  const { toA, inA, toB, inB, close } = await three();
  const C = "https://c.example";
  const other = new MessageChannel();
  const [toC, inC] = await Promise.all([meet(other.port1, {}, { origin: C }), connect(other.port2)]);
  const accept = (channel, allowedOrigins, name) =>
    acceptIntroduction(channel, { allowedOrigins, methods: { me: () => name } });
  const accepted = [accept(inA, [B, C], "a"), accept(inB, A, "b")];
  await introduce(toA, toB);
  const [a, b] = await Promise.all(accepted);
  assert.deepEqual([a.origin, await a.remote.me()], [B, "b"]);
  const c = accept(inC, A, "c");
  await introduce(toA, toC);
  await c;
  assert.equal(await a.remote.me(), "c");
  assert.equal(a.origin, C);
  for (const channel of [a, b, await c]) channel.close();
  toC.close();
  other.port1.close();
  close();
});

test("an introduction to an origin that is not allowed is refused on both ends", async () => {
  const { toA, inA, toB, inB, close } = await three();
  const refused = rejection(acceptIntroduction(inA, { allowedOrigins: "https://other.example" }));
  const waiting = rejection(acceptIntroduction(inB, { allowedOrigins: A, timeoutMs: 50 }));
  assert.equal((await rejection(introduce(toA, toB))).code, "call/threw");
  assert.equal((await refused).code, "connect/refused");
  assert.match((await refused).message, /b\.example/);
  assert.equal((await waiting).code, "connect/timed-out");
  close();
});

test("a page introduced while another is being met, and not allowed, ends nothing but itself", async () => {
  const { toA, inA, toB, inB, close } = await three();
  const other = new MessageChannel();
  const [toC, inC] = await Promise.all([
    meet(other.port1, {}, { origin: "https://c.example" }),
    connect(other.port2),
  ]);
  const accepted = acceptIntroduction(inA, { allowedOrigins: B });
  // B is introduced first, and accepts only when C has been refused.
  const introduced = introduce(toA, toB);
  assert.equal((await rejection(introduce(toA, toC))).code, "call/threw");
  const b = await acceptIntroduction(inB, { allowedOrigins: A, methods: { me: () => "b" } });
  const a = await accepted;
  await introduced;
  assert.deepEqual([a.origin, await a.remote.me()], [B, "b"]);
  a.close();
  await b.closed;
  toC.close();
  await inC.closed;
  other.port1.close();
  close();
});

test("introductions of different names do not meet, and one name is accepted once", async () => {
  const { toA, inA, toB, inB, close } = await three();
  const options = (allowedOrigins, name) => ({ allowedOrigins, name, methods: { which: () => name } });
  const accepted = [
    acceptIntroduction(inA, options(B, "x")),
    acceptIntroduction(inB, options(A, "x")),
    acceptIntroduction(inA, options(B, "y")),
    acceptIntroduction(inB, options(A, "y")),
  ];
  assert.equal((await rejection(acceptIntroduction(inA, options(B, "x")))).code, "connect/refused");
  await Promise.all([introduce(toA, toB, { name: "y" }), introduce(toA, toB, { name: "x" })]);
  const channels = await Promise.all(accepted);
  assert.equal(await channels[0].remote.which(), "x");
  assert.equal(await channels[3].remote.which(), "y");
  for (const channel of channels) channel.close();
  close();
});

test("accepting ends with its signal, with the introducer's channel, and needs an allow-list", async () => {
  const { inA, toA, close } = await three();
  assert.equal((await rejection(acceptIntroduction(inA, {}))).code, "origin/invalid");
  const controller = new AbortController();
  const aborted = rejection(acceptIntroduction(inA, { allowedOrigins: B, signal: controller.signal }));
  controller.abort();
  assert.equal((await aborted).code, "connect/aborted");
  const orphaned = rejection(acceptIntroduction(inA, { allowedOrigins: B }));
  toA.close("no more");
  assert.equal((await orphaned).code, "connect/target-closed");
  assert.match((await orphaned).message, /no more/);
  close();
});

test("accepting takes no longer than timeoutMs, says what came, and leaves no guest behind", async () => {
  const { toA, inA, toB, close } = await three();
  const nobody = await rejection(acceptIntroduction(inA, { allowedOrigins: B, name: "n", timeoutMs: 30 }));
  assert.equal(nobody.code, "connect/timed-out");
  assert.match(nobody.message, /within 30 ms: nobody introduced "n"/);
  // B is never there: A is introduced to silence.
  const introduced = rejection(introduce(toA, toB, { name: "n" }));
  const silent = await rejection(acceptIntroduction(inA, { allowedOrigins: B, name: "n", timeoutMs: 100 }));
  assert.equal(silent.code, "connect/timed-out");
  toB.close();
  await introduced;
  const again = rejection(acceptIntroduction(inA, { allowedOrigins: B, name: "n" }));
  close();
  assert.equal((await again).code, "connect/target-closed");
});

test("accepting leaves no listener on its signal", async () => {
  const { getEventListeners } = await import("node:events");
  const { toA, inA, toB, inB, close } = await three();
  const { signal } = new AbortController();
  const heard = () => getEventListeners(signal, "abort").length;
  const failed = rejection(acceptIntroduction(inA, { allowedOrigins: B, timeoutMs: 10, signal }));
  assert.equal(heard(), 1);
  await failed;
  assert.equal(heard(), 0);
  const accepted = [
    acceptIntroduction(inA, { allowedOrigins: B, signal }),
    acceptIntroduction(inB, { allowedOrigins: A }),
  ];
  await introduce(toA, toB);
  const [a, b] = await Promise.all(accepted);
  // The channel's own, which closes it.
  assert.equal(heard(), 1);
  a.close();
  await b.closed;
  assert.equal(heard(), 0);
  close();
});

test("a name that no greeting holds is refused to both who introduce and who accept", async () => {
  const { toA, inA, toB, close } = await three();
  const name = "n".repeat(1_025);
  assert.equal((await rejection(introduce(toA, toB, { name }))).code, "connect/refused");
  assert.equal(
    (await rejection(acceptIntroduction(inA, { allowedOrigins: B, name }))).code,
    "connect/refused",
  );
  close();
});
