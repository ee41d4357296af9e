import type { InspectorEvent } from "../types.js";
import { clock } from "./intrinsics.js";
import type { Settings } from "./settings.js";
import type { Tap } from "./tap.js";

/** Causes remembered for "once per cause". A flood of new ones says nothing new. */
const CAUSES = 64;

/** Tells the application, and whoever looks on, what was refused and why. */
export class Report {
  readonly #settings: Settings;
  readonly #origin: () => string;
  readonly #causes = new Set<string>();
  /** The refusals told so far, for the message of a failed connect. */
  readonly refusals: string[] = [];
  /** The inspector, when one looks on. */
  tap: Tap | undefined;

  constructor(settings: Settings, origin: () => string) {
    this.#settings = settings;
    this.#origin = origin;
  }

  /** Something was not let in. */
  refused(kind: "refused" | "dropped", reason: string, origin = this.#origin()): void {
    const { options, name } = this.#settings;
    const event: InspectorEvent = { at: clock(), kind, channel: name, origin, reason };
    this.tap?.(event);
    const cause = `${origin} ${reason}`;
    if (this.#causes.has(cause) || this.#causes.size >= CAUSES) return;
    this.#causes.add(cause);
    this.refusals[this.refusals.length] = `${origin || "a message"}: ${reason}`;
    try {
      options.log?.(event);
    } catch (error) {
      console.error(error);
    }
  }
}
