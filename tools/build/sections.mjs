/** Reads an unsigned LEB128 number: `[value, where it ends]`. */
export function readVarint(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return [value >>> 0, at];
  }
}

function varint(value) {
  const out = [];
  do {
    out.push((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    value >>>= 7;
  } while (value > 0);
  return Buffer.from(out);
}

export function* sections(wasm) {
  for (let at = 8; at < wasm.length; ) {
    const [size, body] = readVarint(wasm, at + 1);
    const end = body + size;
    yield { id: wasm[at], start: at, body, end };
    at = end;
  }
}

/** The module with zeros in the place of these texts, which optimisers then leave out. */
export function withoutTexts(wasm, texts) {
  const blank = Buffer.from(wasm);
  for (const text of texts) {
    const at = blank.indexOf(text);
    if (at < 0) throw new Error(`the module does not say "${text}"`);
    blank.fill(0, at, at + text.length);
  }
  return blank;
}

/**
 * Takes names out of the list of features that rustc says a module uses.
 *
 * wasm-bindgen believes this list: with `reference-types` in it, the glue keeps JavaScript values in
 * a second table, which `wasm2js` cannot express; without the section, it assumes them all.
 */
export function withoutFeatures(wasm, unwanted) {
  for (const { id, start, body, end } of sections(wasm)) {
    if (id !== 0) continue;
    const [length, name] = readVarint(wasm, body);
    const content = name + length;
    if (wasm.toString("latin1", name, content) !== "target_features") continue;
    let [count, at] = readVarint(wasm, content);
    const kept = [];
    for (; count > 0; count--) {
      const [size, text] = readVarint(wasm, at + 1);
      if (!unwanted.includes(wasm.toString("latin1", text, text + size))) {
        kept.push(wasm.subarray(at, text + size));
      }
      at = text + size;
    }
    const list = Buffer.concat([wasm.subarray(body, content), varint(kept.length), ...kept]);
    return Buffer.concat([
      wasm.subarray(0, start),
      Buffer.of(0),
      varint(list.length),
      list,
      wasm.subarray(end),
    ]);
  }
  throw new Error("the module has no target_features section: was it stripped?");
}
