/** `portcullis/requests/no-wasm`: the same names with no WebAssembly at all, for pages whose policy forbids it. */
import { instantiate } from "./internal/generated/requests-plain.js";
import { registry } from "./requests/core.js";

registry.provide("plain", instantiate);

export * from "./requests/index.js";
