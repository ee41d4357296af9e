/**
 * A module as text. Brotli finds nothing in base64, whose six bits cut across bytes: it costs a third
 * more than the module. Here a byte stays a character: 90 values are one printable character, the
 * others have one of two marks before it. It costs 3 % more than the module (docs/performance.md).
 */
const FIRST = 0x23;
const SPAN = 90;
const MARKS = 2;

function encode(bytes, turn) {
  let text = "";
  const put = (value) => {
    // Neither a quotation mark (below the first character) nor a backslash has to be escaped.
    text += value + FIRST === 0x5c ? "!" : String.fromCharCode(value + FIRST);
  };
  for (const byte of bytes) {
    const value = (byte + turn) & 0xff;
    const mark = Math.floor(value / SPAN);
    if (mark > 0) put(SPAN + mark - 1);
    put(value % SPAN);
  }
  return text;
}

/** The source of a module whose `bytes()` gives the bytes back; `size` measures a text. */
export function inlined(bytes, size) {
  let best = { size: Number.POSITIVE_INFINITY, text: "", turn: 0 };
  // Which bytes go without a mark decides, and only few turns are worth a look.
  for (let turn = 0; turn < 256; turn += 4) {
    const text = encode(bytes, turn);
    const measured = size(text);
    if (measured < best.size) best = { size: measured, text, turn };
  }
  if (SPAN + MARKS + FIRST > 0x7f) throw new Error("the marks leave the printable characters");
  return `const text = "${best.text}";
export function bytes() {
  const out = new Uint8Array(${bytes.length});
  let mark = 0;
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const value = (code === 0x21 ? 0x5c : code) - ${FIRST};
    if (value >= ${SPAN}) mark = (value - ${SPAN - 1}) * ${SPAN};
    else {
      out[at++] = value + mark - ${best.turn};
      mark = 0;
    }
  }
  return out;
}
`;
}
