/**
 * Says which module of the crate the bytes of a slice come from: code by the names of its functions,
 * the rest by section. The slice is optimised as for release, but with its names left in. The first
 * column is what would be saved, after brotli, if the part were not there; the second its plain size.
 *
 *   node tools/build/attribute.mjs [channel|requests|rules|storage] [--functions]
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { brotli } from "../brotli.mjs";
import { binaryen, target } from "../run.mjs";
import { readVarint, sections } from "./sections.mjs";
import { buildSlice, FEATURES, SHRINK, slices } from "./slice.mjs";

const name = process.argv.slice(2).find((argument) => !argument.startsWith("-")) ?? "channel";
buildSlice(slices.find((slice) => slice.name === name));
const steps = join(target, "slices", name, "steps");
const named = join(steps, "named.wasm");
binaryen("wasm-opt", [...FEATURES, join(steps, "used.wasm"), ...SHRINK, "-g", "-o", named]);

const wasm = readFileSync(named);
const exported = new Set(WebAssembly.Module.exports(new WebAssembly.Module(wasm)).map(({ name }) => name));
const ranges = measure(wasm);
const code = Buffer.concat(ranges.map(({ start, end }) => wasm.subarray(start, end)));
const whole = brotli(code);
console.log(`${whole} bytes after brotli, ${code.length} before`);
print(grouped(ranges, "part"));
if (process.argv.includes("--functions"))
  print(
    grouped(
      ranges.filter(({ text }) => text),
      "text",
    ),
  );

function grouped(ranges, key) {
  const groups = new Map();
  for (const range of ranges) groups.set(range[key], [...(groups.get(range[key]) ?? []), range]);
  return groups;
}

function print(groups) {
  const rows = [...groups].map(([what, members]) => {
    const rest = ranges.filter((range) => !members.includes(range));
    const saved = whole - brotli(Buffer.concat(rest.map(({ start, end }) => wasm.subarray(start, end))));
    return { what, saved, bytes: members.reduce((sum, { start, end }) => sum + end - start, 0) };
  });
  console.log();
  for (const { what, saved, bytes } of rows.sort((a, b) => b.saved - a.saved)) {
    console.log(`${String(saved).padStart(6)} ${String(bytes).padStart(7)}  ${what}`);
  }
}

/** Where the parts are in the file. */
function measure(wasm) {
  const all = [...sections(wasm)];
  const names = functionNames(wasm, all);
  const imported = countImports(
    wasm,
    all.find(({ id }) => id === 2),
  );
  const ranges = [];
  for (const { id, body, start, end } of all) {
    if (id === 0) continue;
    if (id !== 10) {
      ranges.push({ start, end, part: id === 11 ? "(data)" : "(types, imports, exports and other tables)" });
      continue;
    }
    let [count, at] = readVarint(wasm, body);
    for (let index = imported; count > 0; index++, count--) {
      const [size, code] = readVarint(wasm, at);
      const text = names.get(index) ?? `function ${index}`;
      ranges.push({ start: at, end: code + size, text, part: part(text) });
      at = code + size;
    }
  }
  return ranges;
}

/** The module that owns a function: ours to the file, others by crate. */
function part(text) {
  const plain = text.replaceAll(/^_?<+(?:dyn |&|mut |\[)*/g, "");
  const own = text.match(/portcullis::(\w+)(?:::([a-z_]\w*))?/);
  if (own) return own[2] ? `${own[1]}/${own[2]}` : own[1];
  if (exported.has(text)) return "js (what is exported, with what is inlined in it)";
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
