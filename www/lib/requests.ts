/** `portcullis/requests`: the one-shot transports, wasm inlined. Importing it compiles nothing. */
import { bytes } from "./internal/generated/requests-bytes.js";
import { registry } from "./requests/core.js";

registry.provide(
  "wasm",
  (imports) => new WebAssembly.Instance(new WebAssembly.Module(bytes()), imports).exports,
);

export * from "./requests/index.js";
