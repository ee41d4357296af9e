import type { InspectorEvent } from "../types.js";

/** Hears what a channel does. */
export type Tap = (event: InspectorEvent) => void;

/** How the inspector gets at what it looks at: a channel or hub puts itself in here when it is made. */
export const tappable = new WeakMap<object, (tap: Tap | undefined) => void>();
