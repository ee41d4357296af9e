/**
 * The glue that wasm-bindgen writes, turned into a factory: `makeCore(instantiate)` gives a fresh
 * core each time, so one that trapped is dropped whole, and nothing runs at import.
 *
 * Every change names the text it expects and fails when wasm-bindgen writes something else.
 */

/** Encodes each text at once: they are names, origins and nonces, all short and none in a burst. */
const PASS_TEXT = `function passStringToWasm0(text, malloc) {
    const bytes = encoder.encode(text);
    const at = malloc(bytes.length, 1) >>> 0;
    getUint8ArrayMemory0().set(bytes, at);
    WASM_VECTOR_LEN = bytes.length;
    return at;
}
`;

/** What wasm-bindgen says when an object is used after its end or from within: to the facade each is a trap. */
export const THROWN = [
  "attempted to take ownership of Rust value while it was borrowed",
  "recursive use of an object detected which would lead to unsafe aliasing in rust",
  "null pointer passed to rust",
];

const ENCODER = `const encoder = new TextEncoder();
`;
const DECODER = `const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
`;

/** Takes out of the glue what this package never runs; `name` is for messages. */
export function trim(glue, name) {
  const change = (what, pattern, replacement) => {
    const changed = glue.replace(pattern, replacement);
    if (changed === glue)
      throw new Error(`the glue of ${name} no longer holds ${what}: look at tools/build/glue.mjs`);
    glue = changed;
  };
  change("a note on its types", /^\/\* @ts-self-types[^\n]*\n/, "");
  change("its own loader", /\nlet wasmModule, wasmInstance, wasm;[\s\S]*$/, "\n");
  // Memory without wasm grows by a copy and leaves the old buffer attached: a view is stale when its
  // buffer is another one, not only when that is empty.
  change(
    "cached views",
    /\b(cached\w+Memory0)\.(?:byteLength === 0|buffer\.detached === true\b.*?)(?=\) \{)/g,
    "$1.buffer !== wasm.memory.buffer",
  );
  change("the text decoder", /\nlet cachedTextDecoder = [\s\S]*?\n}\n(?=\n)/, "\n");
  glue = glue.replaceAll("decodeText(", "decoder.decode(");
  if (glue.includes("passStringToWasm0")) {
    change("the text encoder", /\nconst cachedTextEncoder = new TextEncoder[\s\S]*?\n}\n(?=\n)/, "\n");
    change("the writing of texts", /function passStringToWasm0\([\s\S]*?\n}\n/, PASS_TEXT);
    glue = glue.replaceAll(", wasm.__wbindgen_malloc, wasm.__wbindgen_realloc)", ", wasm.__wbindgen_malloc)");
  }
  if (glue.includes("__wbindgen_throw")) {
    change(
      "what it throws",
      "throw new Error(getStringFromWasm0(arg0, arg1));",
      'throw new Error("misused");',
    );
    if (glue.split("getStringFromWasm0").length === 2)
      change("the reading of texts", /function getStringFromWasm0\([\s\S]*?\n}\n/, "");
  }
  // The facade frees a link when its driver ends, and has no other owner.
  glue = glue.replaceAll(/^if \(Symbol\.dispose\) .*\n/gm, "");
  // TypeScript vouches for the arguments: no text fails to be encoded, and numbers need no conversion
  // beyond the one that the call into the module makes itself.
  return glue
    .replaceAll(
      /\n +try \{\n((?: +(?:ptr|len)\d+ = .*\n)+) +\} catch \(e\) \{\n[\s\S]*?throw e;\n +\}/g,
      "\n$1",
    )
    .replaceAll(/^( *)(?:static )?\w+\([^)]*\) \{\n[\s\S]*?\n\1\}/gm, withoutConversions);
}

function withoutConversions(method) {
  const converted = new Map(
    Array.from(method.matchAll(/const (val\d+) = \+(\w+);/g), ([, to, from]) => [to, from]),
  );
  return method
    .replaceAll(/ *const val\d+ = \+\w+;\n/g, "")
    .replaceAll(/\bval\d+\b/g, (name) => converted.get(name) ?? name);
}

/** The exports of the module that the glue asks for. */
export function exportsUsed(glue) {
  return [...new Set(Array.from(glue.matchAll(/\bwasm\.(\w+)/g), ([, long]) => long))].sort();
}

/**
 * Writes the factory. `names` holds what wasm-opt calls the module's imports and exports now, from
 * the long names to the short ones.
 */
export function factory(glue, names) {
  const symbols = [];
  const body = glue
    .replace(/^export (class|function) (\w+)/gm, (_, kind, symbol) => {
      symbols.push(symbol);
      return `${kind} ${symbol}`;
    })
    .replace(/\bwasm\.(\w+)/g, (_, long) => `wasm.${shortened(names.exports, long)}`)
    .replace(
      /^ {8}(__wb\w+): function/gm,
      (_, long) => `        ${names.imports.get(long) ?? long}: function`,
    )
    .replace(/"\.\/\w+_bg\.js": import0/, "a: import0");
  if (/^export /m.test(body)) throw new Error("the glue exports something unforeseen");
  const head = (body.includes("encoder.") ? ENCODER : "") + (body.includes("decoder.") ? DECODER : "");
  return `${head}export function makeCore(instantiate) {
let wasm;
${body}
wasm = instantiate(__wbg_get_imports());
${exportsUsed(glue).includes("__wbindgen_start") ? `wasm.${shortened(names.exports, "__wbindgen_start")}();` : ""}
return { memory: wasm.${shortened(names.exports, "memory")}, ${symbols.join(", ")} };
}
`;
}

function shortened(map, long) {
  const short = map.get(long);
  if (short === undefined) throw new Error(`the glue asks for ${long}, which the module lacks`);
  return short;
}

/** The types of what `factory` wrote. `core` is the name of the interface, such as `ChannelCore`. */
export function types(declarations, core) {
  const [own] = declarations.split("\nexport type InitInput");
  const symbols = [];
  const classes = [];
  const body = own
    .replace(/^\/\* (?:tslint|eslint).*\n/gm, "")
    .replace(/^export (class|function) (\w+)/gm, (_, kind, symbol) => {
      symbols.push(symbol);
      if (kind === "class") classes.push(symbol);
      return `declare ${kind} ${symbol}`;
    });
  return `${body.trim()}

/** Gives the exports of an instance made with these imports. */
export type Instantiate = (imports: WebAssembly.Imports) => WebAssembly.Exports;

export interface ${core} {
  readonly memory: { readonly buffer: ArrayBuffer };
${symbols.map((symbol) => `  readonly ${symbol}: typeof ${symbol};`).join("\n")}
}

/** A fresh core; throws what \`instantiate\` throws. */
export declare function makeCore(instantiate: Instantiate): ${core};
${classes.length > 0 ? `export type { ${classes.join(", ")} };` : "export {};"}
`;
}
