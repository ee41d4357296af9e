import { releaseBorrowed } from "./internal/live.js";
import { mark } from "./internal/values.js";

/**
 * Says what moves instead of being copied when `value` crosses a channel, as an argument, in a result or in an
 * event. Returns `value`.
 *
 * ```ts
 * return transfer(image, [image.pixels.buffer]);
 * ```
 */
export function transfer<T extends object>(value: T, list: readonly Transferable[]): T {
  mark(value, list);
  return value;
}

/**
 * Gives back a function that the peer lent: here it no longer works, there it can be collected. Does nothing
 * with any other value. Functions are also given back at close and, as a last resort, by garbage collection.
 */
export function release(value: unknown): void {
  if (typeof value === "function") releaseBorrowed(value);
}
