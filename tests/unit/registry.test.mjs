import assert from "node:assert/strict";
import { test } from "node:test";
import { createRegistry, load } from "../../dist/internal/registry.js";

/** The smallest module there is. */
const EMPTY = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);

/** A registry whose cores say which carrier made them. */
function registry() {
  let made = 0;
  return createRegistry((instantiate) => ({ from: instantiate({}), number: ++made }), "portcullis/test");
}

test("without a carrier the import is named", () => {
  assert.throws(() => registry().core(), { code: "wasm/not-ready", message: /"portcullis\/test"/ });
});

test("nothing is made before the first question, and one instance serves all", () => {
  const one = registry();
  let calls = 0;
  one.provide("wasm", () => ++calls);
  assert.equal(calls, 0);
  assert.equal(one.core(), one.core());
  assert.equal(calls, 1);
});

test("plain JavaScript wins over wasm, else the first wins", () => {
  for (const [offers, winner] of [
    [["wasm:a", "wasm:b"], "a"],
    [["wasm:a", "plain:b"], "b"],
    [["plain:a", "wasm:b"], "a"],
    [["plain:a", "plain:b"], "a"],
  ]) {
    const one = registry();
    for (const offer of offers) {
      const [kind, name] = offer.split(":");
      one.provide(kind, () => name);
    }
    assert.equal(one.core().from, winner, offers.join());
  }
});

test("a carrier that comes after the first call changes nothing", () => {
  const one = registry();
  one.provide("wasm", () => "a");
  one.core();
  one.provide("plain", () => "b");
  assert.equal(one.core().from, "a");
});

test("after a trap the next core is a fresh one", () => {
  const one = registry();
  one.provide("wasm", () => "a");
  assert.equal(one.core().number, 1);
  one.drop();
  assert.equal(one.core().number, 2);
});

test("init takes bytes, a module and an answer of fetch", async () => {
  const answer = (type) => new Response(EMPTY, { headers: { "content-type": type } });
  for (const source of [
    EMPTY,
    EMPTY.buffer,
    new WebAssembly.Module(EMPTY),
    answer("application/wasm"),
    answer("application/octet-stream"),
    Promise.resolve(answer("application/wasm")),
  ]) {
    const one = registry();
    await load(one, source);
    assert.ok(one.core().from);
  }
});

test("init with anything else says so", async () => {
  for (const source of [
    () => new Uint8Array([1, 2, 3]),
    () => new Response("not found", { status: 404 }),
    () => Promise.reject(new Error("offline")),
  ]) {
    await assert.rejects(load(registry(), source()), { code: "wasm/not-ready" });
  }
});

test("init where a carrier is already there loads nothing and hides no rejection", async () => {
  const one = registry();
  one.provide("plain", () => "a");
  await load(one, Promise.reject(new Error("offline")));
  assert.equal(one.core().from, "a");
});

/** What a page says that may not run wasm; WebKit compiles it all the same, and refuses the instance alone. */
for (const place of ["Module", "Instance"]) {
  test(`where WebAssembly is refused at the ${place} the code says so and names the way out`, async () => {
    const compiled = new WebAssembly.Module(EMPTY);
    const kept = WebAssembly[place];
    const refusal = new WebAssembly.CompileError("refused by policy");
    WebAssembly[place] = class {
      constructor() {
        throw refusal;
      }
    };
    try {
      const one = registry();
      one.provide("wasm", () => new WebAssembly.Instance(new WebAssembly.Module(EMPTY)));
      const expected = { code: "wasm/blocked", message: /'wasm-unsafe-eval'.*portcullis\/test\/no-wasm/ };
      assert.throws(() => one.core(), { ...expected, cause: refusal });
      const other = registry();
      await assert.rejects(load(other, place === "Module" ? new Uint8Array([1]) : compiled), expected);
      assert.equal(other.offered, false);
    } finally {
      WebAssembly[place] = kept;
    }
    const one = registry();
    await load(one, compiled);
    assert.ok(one.offered, "the control: where nothing is refused the same module is taken");
  });
}
