/**
 * The module that wasm2js writes, turned into `instantiate(imports)`: as a module of its own it would
 * run at import, and import the glue by name.
 */
export function plain(source, name) {
  // A slice that calls nothing of JavaScript's imports nothing.
  const start = source.match(/^(?:import \* as \w+ from '\w+';\n)?/)[0].length;
  const end = source.search(/\nvar retasmFunc = asmFunc\(/);
  if (end < 0 || /^import /m.test(source.slice(start))) {
    throw new Error(`wasm2js wrote ${name} in another form: look at tools/build/plain.mjs`);
  }
  const body = source.slice(start, end);
  return `export function instantiate(imports) {
${body}
return asmFunc(imports);
}
`;
}
