import type { InspectorEvent } from "../types.js";
import { clock } from "./intrinsics.js";
import type { Settings } from "./settings.js";
import type { Tap } from "./tap.js";

/** Causes remembered for "once per cause". A flood of new ones says nothing new. */
const CAUSES = 64;

/** Tells the application, and whoever looks on, what was refused and why. */
export interface Report {
  /** The inspector, when one looks on. */
  tap: Tap | undefined;
  /** The refusals told so far, for the message of a failed connect. */
  refusals: Set<string> | undefined;
  /** Something was not let in. */
  refused(kind: "refused" | "dropped", reason: string, origin?: string): void;
}

/** Makes the report of a channel or hub; `peer` has the origin of what does not say its own. */
export function reportOf({ options, name }: Settings, peer: { readonly origin: string }): Report {
  const report: Report = {
    tap: undefined,
    refusals: undefined,
    refused(kind, reason, origin = peer.origin) {
      const event: InspectorEvent = { at: clock(), kind, channel: name, origin, reason };
      report.tap?.(event);
      const cause = `${origin || "a message"}: ${reason}`;
      report.refusals ??= new Set();
      const { refusals } = report;
      if (refusals.has(cause) || refusals.size >= CAUSES) return;
      refusals.add(cause);
      quietly(() => options.log?.(event));
    },
  };
  return report;
}

/** Runs the application's own code, whose faults nobody waits for: they are shown where the page's others are. */
export function quietly(task: () => unknown): void {
  try {
    task();
  } catch (error) {
    console.error(error);
  }
}
