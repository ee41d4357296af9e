import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const dist = (file) => new URL(`../../dist/${file}`, import.meta.url);
/** The inlined module of a slice, evaluated anew for each `engine`. */
const inlined = (slice, engine) => import(dist(`internal/generated/${slice}-bytes.js?${engine}`));
const native = Object.getOwnPropertyDescriptor(Uint8Array, "fromHex");

/** As in an engine that has this `fromHex`, or none. */
function withFromHex(t, fromHex) {
  Object.defineProperty(Uint8Array, "fromHex", { value: fromHex, configurable: true, writable: true });
  t.after(() => {
    if (native) Object.defineProperty(Uint8Array, "fromHex", native);
    else delete Uint8Array.fromHex;
  });
}

for (const slice of ["channel", "requests"]) {
  test(`the inlined module of ${slice} is the file, byte by byte, in an engine without fromHex`, async (t) => {
    withFromHex(t, undefined);
    const { bytes } = await inlined(slice, "without");
    assert.deepEqual(bytes(), new Uint8Array(readFileSync(dist(`${slice}.wasm`))));
  });
}

test("an engine that has fromHex reads the channel's module by it, and not by what a page makes of it later", async (t) => {
  const texts = [];
  withFromHex(t, (text) => {
    texts.push(text);
    return new Uint8Array(Buffer.from(text, "hex"));
  });
  const { bytes } = await inlined("channel", "with");
  const patched = t.mock.method(Uint8Array, "fromHex", () => new Uint8Array());
  assert.deepEqual(bytes(), new Uint8Array(readFileSync(dist("channel.wasm"))));
  assert.equal(texts.length, 1);
  assert.equal(patched.mock.callCount(), 0);
});
