import type { PortcullisError } from "../error.js";
import type { InspectorEvent } from "../types.js";
import type { Driver } from "./driver.js";
import type { Report } from "./report.js";

/** Hears what a channel does. */
export interface Tap {
  /** Something was refused or dropped. */
  (event: InspectorEvent): void;
  /** A message of the port leaves, or has come, as it is on the wire. */
  (message: readonly unknown[], out: boolean): void;
  /** A call of this side failed. */
  (error: PortcullisError, id: number): void;
}

/** How the inspector gets at what it looks at: a channel or hub puts itself in here when it is made. */
export const tappable = new WeakMap<object, Driver | { readonly report: Report }>();
