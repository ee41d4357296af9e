/** Unguessable names and keys. */
import { random } from "../internal/intrinsics.js";

/** 128 random bits. Throws where the browser has no source of them: nothing here falls back to a guessable one. */
export function randomWords(): [number, number, number, number] {
  const words = (random as NonNullable<typeof random>)(new Uint32Array(4));
  return [...words] as [number, number, number, number];
}

/** 128 random bits in 32 hexadecimal digits. */
export function randomKey(): string {
  return randomWords()
    .map((word) => word.toString(16).padStart(8, "0"))
    .join("");
}
