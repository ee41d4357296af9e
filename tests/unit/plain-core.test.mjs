import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { instantiate } from "../../dist/internal/generated/channel-plain.js";
import { LOWERING, plain } from "../../tools/build/plain.mjs";
import { FEATURES } from "../../tools/build/slice.mjs";
import { binaryen } from "../../tools/run.mjs";

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

const COPIES = `(module
  (memory (export "memory") 1)
  (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))`;

test("plain JavaScript copies memory as wasm does, whatever overlaps and wherever it begins", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "plain-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const at = (file) => join(folder, file);
  writeFileSync(at("copies.wat"), COPIES);
  binaryen("wasm-opt", [...FEATURES, at("copies.wat"), ...LOWERING, "-Oz", "-o", at("lowered.wasm")]);
  writeFileSync(at("plain.mjs"), plain(at("lowered.wasm"), "copies"));
  const { instantiate } = await import(pathToFileURL(at("plain.mjs")));
  const { copy, memory } = instantiate({});
  const bytes = new Uint8Array(memory.buffer);
  for (const to of [32, 33, 36, 48, 64]) {
    for (const from of [32, 34, 36, 44, 65]) {
      for (const size of [0, 1, 3, 4, 8, 15, 16, 20]) {
        const expected = bytes.map((_, index) => index % 251);
        bytes.set(expected);
        expected.copyWithin(to, from, from + size);
        copy(to, from, size);
        assert.deepEqual(bytes, expected, `${size} bytes from ${from} to ${to}`);
      }
    }
  }
  assert.throws(() => copy(65_536 - 4, 0, 8), "past the end");
});
