import { core, type RawLink } from "./core.js";
import { isArray } from "./intrinsics.js";

/** Header words of one message at most; the core sends and takes no more. */
const MAX_WORDS = 32_768;
/** From here on a copy in one piece is faster than word by word. */
const LONG = 64;

/** Words out of the core's memory and into it. */
export interface Border {
  /** A copy of `count` words: what runs while they are read may make the core write over them. */
  read(address: number, count: number): ArrayLike<number>;
  /** Copies the words of a message into the core; false if one is no word. */
  write(message: readonly unknown[], from: number, count: number): boolean;
}

/** Of the core's memory, for all links: a view each would weigh on idle channels. */
let view = new Uint32Array(0);

/** The border of a link. */
export function borderOf(link: RawLink): Border {
  const { memory } = core();
  const at = (address: number): number => {
    // By identity: memory that is not WebAssembly's grows by a copy and leaves the old buffer attached.
    if (view.buffer !== memory.buffer) view = new Uint32Array(memory.buffer);
    return address >>> 2;
  };
  return {
    read(address, count) {
      const start = at(address);
      if (count > LONG) return view.slice(start, start + count);
      const words: number[] = [];
      for (let i = 0; i < count; i++) words[i] = view[start + i] as number;
      return words;
    },
    write(message, from, count) {
      const start = at(link.inbox(count));
      for (let i = 0; i < count; i++) {
        const word = message[from + i];
        if (!isWord(word)) return false;
        view[start + i] = word;
      }
      return true;
    },
  };
}

/** Whether a value is a number that fits a word. */
export function isWord(value: unknown): value is number {
  return typeof value === "number" && value >>> 0 === value;
}

/** The message of a port as it should be: `[seq, ack, n, ...n words, ...values]`. */
export function isMessage(data: unknown): data is [number, number, number, ...unknown[]] {
  if (!isArray(data)) return false;
  const [seq, ack, n] = data;
  return isWord(seq) && isWord(ack) && isWord(n) && n <= MAX_WORDS && n <= data.length - 3;
}

/** Four words as the text of a nonce. */
export function nonceText(words: ArrayLike<number>): string {
  return Array.from(words, (word) => word.toString(16).padStart(8, "0")).join("");
}
