import { core, type RawLink } from "./core.js";
import { isArray } from "./intrinsics.js";

/** Header words of one message at most; the core sends and takes no more. */
const MAX_WORDS = 32_768;

/** A view on the core's memory, renewed when that has grown. */
export class Words {
  readonly #memory: { readonly buffer: ArrayBuffer } = core().memory;
  #view = new Uint32Array(0);

  #at(address: number): number {
    // By identity: memory that is not WebAssembly's grows by a copy and leaves the old buffer attached.
    if (this.#view.buffer !== this.#memory.buffer) this.#view = new Uint32Array(this.#memory.buffer);
    return address >>> 2;
  }

  /** A copy of `count` words: what runs while they are read may make the core write over them. */
  read(address: number, count: number): Uint32Array {
    const at = this.#at(address);
    return this.#view.slice(at, at + count);
  }

  /** Copies the words of a message into the core; false if one is no word. */
  write(link: RawLink, message: readonly unknown[], from: number, count: number): boolean {
    const at = this.#at(link.inbox(count));
    const view = this.#view;
    for (let i = 0; i < count; i++) {
      const word = message[from + i];
      if (typeof word !== "number" || word >>> 0 !== word) return false;
      view[at + i] = word;
    }
    return true;
  }
}

/** The message of a port as it should be: `[seq, ack, n, ...n words, ...values]`. */
export function isMessage(data: unknown): data is [number, number, number, ...unknown[]] {
  if (!isArray(data) || data.length < 3) return false;
  for (let i = 0; i < 3; i++) if (typeof data[i] !== "number" || data[i] >>> 0 !== data[i]) return false;
  return data[2] <= MAX_WORDS && data[2] <= data.length - 3;
}

/** Four words as the text of a nonce. */
export function nonceText(words: Uint32Array, at: number): string {
  let text = "";
  for (let i = at; i < at + 4; i++) text += (words[i] as number).toString(16).padStart(8, "0");
  return text;
}

const LOW = 2 ** 32;

/** A point in time from its two words; `undefined` when there is none. */
export function timeOf(low: number, high: number): number | undefined {
  return low === LOW - 1 && high === LOW - 1 ? undefined : high * LOW + low;
}
