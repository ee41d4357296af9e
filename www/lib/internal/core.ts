import { type ChannelCore, makeCore } from "./generated/channel.js";
import type { RawLink } from "./link.js";
import { METHODS } from "./ops.js";
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

/** The core as the facade sees it: a link has its methods by name. */
interface Core extends Omit<ChannelCore, "RawLink"> {
  readonly RawLink: new (...options: ConstructorParameters<ChannelCore["RawLink"]>) => RawLink;
}

type Methods = Record<string, (...args: (number | boolean)[]) => unknown>;

/** The core, made at the first call; its links report a trap instead of throwing it at the application. */
export function core(): Core {
  const present = registry.core();
  if (guarded !== present) {
    guarded = present;
    name(present, present.RawLink.prototype as unknown as Methods);
  }
  return present as unknown as Core;
}

/**
 * Gives the methods that take only numbers their names. Whatever a method throws is a trap (out of memory, a broken
 * invariant), after which the whole instance is dropped and the next `connect` starts a fresh one.
 */
function name(owner: ChannelCore, link: Methods): void {
  const { arrive, hint, run } = link as Record<"arrive" | "hint" | "run", Methods[string]>;
  const guard = (name: string, method: Methods[string], ...first: number[]): void => {
    link[name] = function (this: unknown, ...args) {
      try {
        return method.call(this, ...first, ...args);
      } catch (error) {
        // A late word of an instance that is already gone must not take its successor down.
        if (guarded === owner) crash(error);
        return TRAPPED;
      }
    };
  };
  guard("arrive", arrive);
  guard("hint", hint);
  METHODS.split(" ").forEach((name, number) => {
    guard(name, run, number);
  });
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
