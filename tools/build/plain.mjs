/**
 * The module that wasm2js writes, turned into `instantiate(imports)`: as a module of its own it would
 * run at import, and import the glue by name.
 *
 * Every change names the text it expects and fails when wasm2js writes something else.
 */
export function plain(source, name) {
  const unforeseen = (what) =>
    new Error(`wasm2js wrote ${what} of ${name} in another form: look at tools/build/plain.mjs`);
  // A slice that calls nothing of JavaScript's imports nothing.
  const start = source.match(/^(?:import \* as \w+ from '\w+';\n)?/)[0].length;
  const end = source.search(/\nvar retasmFunc = asmFunc\(/);
  if (end < 0 || /^import /m.test(source.slice(start))) throw unforeseen("the module");
  const body = withSafeGrowth(
    withoutUnused(withDataAsText(source.slice(start, end), unforeseen)),
    unforeseen,
  );
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

/**
 * Memory that grows is copied by hand: a page that patches `set` after loading would be handed the core's memory.
 */
function withSafeGrowth(source, unforeseen) {
  const copy = "newHEAP8.set(HEAP8);";
  if (source.split(copy).length !== 2) throw unforeseen("the growth of memory");
  return source.replace(copy, "for (var i = 0; i < oldPages << 16; i++) newHEAP8[i] = HEAP8[i];");
}

/** What memory is made of, taken at the start for the same reason. */
function constructors(source) {
  return [...new Set(Array.from(source.matchAll(/\bnew (ArrayBuffer|\w+Array)\b/g), ([, name]) => name))];
}
