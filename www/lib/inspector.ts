/**
 * Looks at channels: a live record of every frame, of what was refused and why, and an element that shows it.
 *
 * It works over whichever channel entry the page has loaded and brings no core of its own.
 */
import { defineElement } from "./inspector/element.js";
import { Inspection, type InspectOptions } from "./inspector/inspection.js";
import type { Channel, Hub } from "./types.js";

export { PortcullisError, type PortcullisErrorCode } from "./error.js";
export type { PortcullisInspector } from "./inspector/element.js";
export type { Counters, InspectedEvent, Inspection, InspectOptions } from "./inspector/inspection.js";

/**
 * Looks at a channel, or at a hub with all its channels, until `stop()`. The first call defines the element
 * `<portcullis-inspector>`, whose property `inspection` takes the result.
 *
 * @throws PortcullisError `wasm/not-ready` when the page has loaded no channel entry, `call/invalid` for what is neither
 */
export function inspect(target: Channel | Hub, options?: InspectOptions): Inspection {
  const inspection = new Inspection(options).add(target);
  defineElement();
  return inspection;
}
