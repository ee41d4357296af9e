import { binaryen } from "../run.mjs";

// What JavaScript can express only by a detour becomes plain instructions. Copying memory as well: the platform's `copyWithin` is a
// little faster, but a page that patches it would be handed the core's memory.
export const LOWERING = [
  "--llvm-memory-copy-fill-lowering",
  "--llvm-nontrapping-fptoint-lowering",
  "--signext-lowering",
];

/**
 * The lowered module at this path as wasm2js writes it, turned into `instantiate(imports)`: as a module of its own it would
 * run at import, and import the glue by name.
 *
 * Every change names the text it expects and fails when wasm2js writes something else.
 */
export function plain(lowered, name) {
  const source = binaryen("wasm2js", [lowered, "-O3"]);
  const unforeseen = (what) =>
    new Error(`wasm2js wrote ${what} of ${name} in another form: look at tools/build/plain.mjs`);
  // A slice that calls nothing of JavaScript's imports nothing.
  const start = source.match(/^(?:import \* as \w+ from '\w+';\n)?/)[0].length;
  const end = source.search(/\nvar retasmFunc = asmFunc\(/);
  if (end < 0 || /^import /m.test(source.slice(start))) throw unforeseen("the module");
  const text = withDataAsText(source.slice(start, end), unforeseen);
  const body = withoutUnused(withSafeGrowth(withWordCopies(text, unforeseen), unforeseen));
  return `export function instantiate(imports) {
const { ${constructors(body).join(", ")} } = globalThis;
${body}
return asmFunc(imports);
}
`;
}

const PUT = `  function put(at, text) {
    for (let i = 0; i < text.length; i++) bufferView[at + i] = text.charCodeAt(i);
  }
`;

/** What stands in memory at the start, as text: base64 hides from compression that most of it is words. */
function withDataAsText(source, unforeseen) {
  const decoder = / {2}var base64ReverseLookup = [\s\S]*?\n {2}\}\n(?=function initActiveSegments\()/;
  if (!decoder.test(source)) {
    if (source.includes("base64")) throw unforeseen("the data");
    return source;
  }
  const changed = source
    .replace(decoder, PUT)
    .replaceAll(
      /base64DecodeToExistingUint8Array\(bufferView, (\d+), "([^"]*)"\)/g,
      (_, at, data) => `put(${at}, ${JSON.stringify(Buffer.from(data, "base64").toString("latin1"))})`,
    );
  if (changed.includes("base64")) throw unforeseen("the data");
  return changed;
}

/** Without the views of memory and the functions of `Math` that this module never uses. */
function withoutUnused(source) {
  for (const [, name] of source.matchAll(/^ var (HEAP\w+|Math_\w+|nan|infinity) = /gm)) {
    const set = new RegExp(`^ +(?:var )?${name} = .*;\n`, "gm");
    const rest = source.replaceAll(set, "");
    if (!new RegExp(`\\b${name}\\b`).test(rest)) source = rest;
  }
  return source;
}

/** Copies inside memory word by word, in either direction, where both ends and the length allow it. */
function withWordCopies(source, unforeseen) {
  const loop =
    /^ {2}while \(1\) \{\n {3}if \(\((\$\w+) \| 0\) != \((\$\w+) \| 0\)\) \{\n {4}HEAP8\[(\$\w+) \+ \2 \| 0\] = HEAPU8\[(\$\w+) \+ \2 \| 0\];\n {4}\2 = \2 \+ (\$\w+) \| 0;\n/gm;
  if ([...source.matchAll(loop)].length !== 1) throw unforeseen("the copying of memory");
  return source.replace(
    loop,
    (
      bytes,
      end,
      at,
      to,
      from,
      step,
    ) => `  if (!((${to} | ${from} | (${step} < 0 ? ${at} + 1 : ${end})) & 3)) {
   if (${step} < 0) {
    ${at} = ${at} - 3 | 0;
    ${end} = -4;
   }
   while ((${end} | 0) != (${at} | 0)) {
    HEAP32[${to} + ${at} >> 2] = HEAP32[${from} + ${at} >> 2];
    ${at} = ${at} + (${step} << 2) | 0;
   }
   return;
  }
${bytes}`,
  );
}

/**
 * Memory that grows is copied by hand: a page that patches `set` after loading would be handed the core's memory.
 */
function withSafeGrowth(source, unforeseen) {
  const copy = "newHEAP8.set(HEAP8);";
  if (source.split(copy).length !== 2) throw unforeseen("the growth of memory");
  return source.replace(
    copy,
    "for (var i = 0, words = new Int32Array(newBuffer); i < HEAP32.length; i++) words[i] = HEAP32[i];",
  );
}

/** What memory is made of, taken at the start for the same reason. */
function constructors(source) {
  return [...new Set(Array.from(source.matchAll(/\bnew (ArrayBuffer|\w+Array)\b/g), ([, name]) => name))];
}
