/**
 * Channels over whichever core the page has: the one that another entry brought, or the one given to `init`.
 */
import { registry } from "./internal/core.js";
import { type CoreSource, load } from "./internal/registry.js";

/**
 * Loads the core from `portcullis/channel.wasm`: its bytes, its module, or the answer of a `fetch` for it. Does
 * nothing when the page has a core already.
 *
 * @throws PortcullisError (as a rejection) `wasm/blocked`, or `wasm/not-ready` when the source is no such module
 */
export function init(source: CoreSource): Promise<void> {
  return load(registry, source);
}

export * from "./internal/entry.js";
export type { CoreSource };
