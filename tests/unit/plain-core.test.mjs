import assert from "node:assert/strict";
import { test } from "node:test";
import { instantiate } from "../../dist/internal/generated/channel-plain.js";

const TypedArray = Object.getPrototypeOf(Int8Array);

test("a plain core whose memory grows hands it to nothing that the page has patched", () => {
  const core = instantiate({ a: { a() {} } });
  const memory = Object.values(core).find((part) => part.buffer instanceof ArrayBuffer);
  const before = memory.buffer;
  new Uint8Array(before).set([7, 8, 9], 70_000);
  const content = new Uint8Array(before).slice();

  const handed = [];
  const { set, copyWithin } = TypedArray.prototype;
  const { ArrayBuffer: buffer, Int8Array: bytes } = globalThis;
  TypedArray.prototype.set = () => handed.push("set");
  TypedArray.prototype.copyWithin = () => handed.push("copyWithin");
  globalThis.ArrayBuffer = globalThis.Int8Array = function patched() {
    handed.push("constructor");
  };
  try {
    memory.grow(1);
    // The control: what is patched here would be told.
    new globalThis.Int8Array();
    content.set([]);
  } finally {
    Object.assign(TypedArray.prototype, { set, copyWithin });
    Object.assign(globalThis, { ArrayBuffer: buffer, Int8Array: bytes });
  }
  assert.deepEqual(handed, ["constructor", "set"]);
  assert.equal(memory.buffer.byteLength, before.byteLength + 65_536);
  assert.deepEqual(new Uint8Array(memory.buffer, 0, before.byteLength), content);
});
