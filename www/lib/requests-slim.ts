/**
 * `portcullis/requests/slim`: the same names without the module, which `init` loads from `portcullis/requests.wasm`.
 * A library imports this one and runs on the application's carrier.
 */
import { type CoreSource, load } from "./internal/registry.js";
import { registry } from "./requests/core.js";

/**
 * Loads the core from `portcullis/requests.wasm`: its bytes, its module, or the answer of a `fetch` for it. Does
 * nothing when the page has a core already.
 *
 * @throws PortcullisError (as a rejection) `wasm/blocked`, or `wasm/not-ready` when the source is no such module
 */
export function init(source: CoreSource): Promise<void> {
  return load(registry, source);
}

export * from "./requests/index.js";
export type { CoreSource };
