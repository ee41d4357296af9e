/**
 * Says which module of the crate each byte of a slice comes from: code by the names of its functions,
 * the rest by section. The slice is optimised as for release, but with its names left in.
 *
 *   node tools/build/attribute.mjs [channel|requests] [--functions]
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { binaryen, target } from "../run.mjs";
import { readVarint, sections } from "./sections.mjs";
import { buildSlice, FEATURES, slices } from "./slice.mjs";

const name = process.argv.slice(2).find((argument) => !argument.startsWith("-")) ?? "channel";
buildSlice(slices.find((slice) => slice.name === name));
const steps = join(target, "slices", name, "steps");
const named = join(steps, "named.wasm");
binaryen("wasm-opt", [...FEATURES, join(steps, "used.wasm"), "-Oz", "-g", "-o", named]);

const wasm = readFileSync(named);
const { functions, parts } = measure(wasm);
const total = [...parts.values()].reduce((sum, bytes) => sum + bytes, 0);
print(parts, total);
if (process.argv.includes("--functions")) {
  console.log();
  print(new Map(functions.map(({ text, bytes }) => [text, bytes])), total);
}

function print(entries, total) {
  for (const [what, bytes] of [...entries].sort(([, a], [, b]) => b - a)) {
    console.log(`${String(bytes).padStart(7)}  ${((100 * bytes) / total).toFixed(1).padStart(5)} %  ${what}`);
  }
}

function measure(wasm) {
  const all = [...sections(wasm)];
  const names = functionNames(wasm, all);
  const imported = countImports(wasm, all.find(({ id }) => id === 2));
  const functions = [];
  const parts = new Map();
  const add = (part, bytes) => parts.set(part, (parts.get(part) ?? 0) + bytes);
  for (const { id, body, start, end } of all) {
    if (id === 0) continue;
    if (id !== 10) {
      add(id === 11 ? "(data)" : "(types, imports, exports and other tables)", end - start);
      continue;
    }
    let [count, at] = readVarint(wasm, body);
    for (let index = imported; count > 0; index++, count--) {
      const [size, code] = readVarint(wasm, at);
      const text = names.get(index) ?? `function ${index}`;
      functions.push({ text, bytes: code + size - at });
      add(part(text), code + size - at);
      at = code + size;
    }
  }
  return { functions, parts };
}

/** The module that owns a function: ours to the file, others by crate. */
function part(text) {
  const plain = text.replaceAll(/^_?<+(?:dyn |&|mut |\[)*/g, "");
  const own = text.match(/portcullis::(\w+)(?:::([a-z_]\w*))?/);
  if (own) return own[2] ? `${own[1]}/${own[2]}` : own[1];
  if (/^[a-z]+link_|^__wbg_/.test(text)) return "js (exported methods)";
  const [, crate] = plain.match(/^(\w+)(?:::|\[)/) ?? [];
  return crate ? `${crate} (library)` : "other";
}

function functionNames(wasm, all) {
  for (const { id, body, end } of all) {
    if (id !== 0) continue;
    const [length, at] = readVarint(wasm, body);
    if (wasm.toString("latin1", at, at + length) !== "name") continue;
    for (let next = at + length; next < end; ) {
      const kind = wasm[next];
      let [size, start] = readVarint(wasm, next + 1);
      next = start + size;
      if (kind !== 1) continue;
      const names = new Map();
      let count;
      [count, start] = readVarint(wasm, start);
      for (; count > 0; count--) {
        const [index, afterIndex] = readVarint(wasm, start);
        const [bytes, text] = readVarint(wasm, afterIndex);
        names.set(index, wasm.toString("utf8", text, text + bytes));
        start = text + bytes;
      }
      return names;
    }
  }
  throw new Error("the module has no names");
}

function countImports(wasm, section) {
  return section ? readVarint(wasm, section.body)[0] : 0;
}
