/**
 * `portcullis/requests/slim`: the same names without the module, which `init` loads from `portcullis/requests.wasm`.
 * A library imports this one and runs on the application's carrier.
 */
export type { CoreSource } from "./internal/registry.js";
export { init } from "./requests/core.js";
export * from "./requests/index.js";
