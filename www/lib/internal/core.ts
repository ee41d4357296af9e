import { type ChannelCore, makeCore, type RawLink } from "./generated/channel.js";
import { createRegistry } from "./registry.js";

export type { RawLink };

/** The one place where carriers offer the channel core and every entry finds it. */
export const registry = createRegistry<ChannelCore>(makeCore, "portcullis");

/** What must be told when the core is lost. */
export interface Mourner {
  /** The core trapped: nothing of it may be used any more. */
  crashed(cause: unknown): void;
}

/** Everybody who holds a link of the present core. */
export const mourners = new Set<Mourner>();
let guarded: ChannelCore | undefined;

/** The core, made at the first call; its links report a trap instead of throwing it at the application. */
export function core(): ChannelCore {
  const present = registry.core();
  if (guarded !== present) {
    guarded = present;
    guard(present, present.RawLink.prototype as unknown as Record<string, (...args: unknown[]) => unknown>);
  }
  return present;
}

/**
 * Wraps each method of a link: whatever it throws is a trap (out of memory, a broken invariant), after which the
 * whole instance is dropped and the next `connect` starts a fresh one.
 */
function guard(owner: ChannelCore, link: Record<string, (...args: unknown[]) => unknown>): void {
  for (const name of Object.getOwnPropertyNames(link)) {
    const method = link[name];
    if (name === "constructor" || typeof method !== "function") continue;
    link[name] = function (this: unknown, ...args: unknown[]) {
      try {
        return method.apply(this, args);
      } catch (error) {
        // A late word of an instance that is already gone must not take its successor down.
        if (guarded === owner) crash(error);
        return TRAPPED;
      }
    };
  }
}

/** What a trapped method answers: below every code, so that nothing is taken for accepted. */
const TRAPPED = -9;

function crash(cause: unknown): void {
  registry.drop();
  guarded = undefined;
  const all = [...mourners];
  mourners.clear();
  for (const mourner of all) mourner.crashed(cause);
}
