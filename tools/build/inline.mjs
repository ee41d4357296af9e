/**
 * A module as text, in two ways. Brotli finds nothing in base64, whose six bits cut across bytes: it costs a third
 * more than the module. docs/performance.md has what each costs, in bytes and in time.
 */

/**
 * The source of a module whose `bytes()` gives the bytes back. Engines read it by themselves (`Uint8Array.fromHex`; those
 * of 2024 take a loop), for a core that a page waits for. Costs 7 % more than the module.
 */
export function hexadecimal(bytes) {
  return `const text = "${bytes.toString("hex")}";
const { fromHex } = Uint8Array;
export function bytes() {
  if (fromHex) return fromHex(text);
  return new Uint8Array(${bytes.length}).map((_, at) => parseInt(text.slice(2 * at, 2 * at + 2), 16));
}
`;
}

// A byte stays a character: 90 values are one printable character, the others have one of two marks before it.
const FIRST = 0x23;
const SPAN = 90;
const MARKS = 2;

function encode(bytes, turn) {
  let text = "";
  const put = (value) => {
    const character = String.fromCharCode(value + FIRST);
    // A quotation mark stands before the first character.
    text += character === "\\" ? "\\\\" : character;
  };
  for (const byte of bytes) {
    const value = (byte + turn) & 0xff;
    const mark = Math.floor(value / SPAN);
    if (mark > 0) put(SPAN + mark - 1);
    put(value % SPAN);
  }
  return text;
}

/**
 * The same, for a core whose bytes count more than its time: 3 % more than the module, and read by a loop that is cold in every
 * page. `size` measures a text.
 */
export function characters(bytes, size) {
  let best = { size: Number.POSITIVE_INFINITY, text: "", turn: 0 };
  // Which bytes go without a mark decides, and only few turns are worth a look.
  for (let turn = 0; turn < 256; turn += 4) {
    const text = encode(bytes, turn);
    const measured = size(text);
    if (measured < best.size) best = { size: measured, text, turn };
  }
  if (SPAN + MARKS + FIRST > 0x7f) throw new Error("the marks leave the printable characters");
  // Runs once in each page, so cold: what a turn of the loop does counts.
  return `const text = "${best.text}";
export function bytes() {
  const out = new Uint8Array(${bytes.length});
  const end = text.length;
  let from = 0;
  let to = 0;
  while (from < end) {
    let code = text.charCodeAt(from++);
    if (code > ${FIRST + SPAN - 1}) code = (code - ${FIRST + SPAN - 1}) * ${SPAN} + text.charCodeAt(from++);
    out[to++] = code - ${FIRST + best.turn};
  }
  return out;
}
`;
}
