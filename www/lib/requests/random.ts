/** Unguessable names and keys. */
import { random } from "../internal/intrinsics.js";

/**
 * 128 random bits in 32 hexadecimal digits. Throws where the browser has no source of them: nothing here falls back to a
 * guessable one.
 */
export function randomKey(): string {
  const words = (random as NonNullable<typeof random>)(new Uint32Array(4));
  return Array.from(words, (word) => word.toString(16).padStart(8, "0")).join("");
}
