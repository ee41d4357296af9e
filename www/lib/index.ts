/**
 * Channels, with the core inlined as WebAssembly: no configuration in any bundler.
 *
 * Nothing runs at import but the offer of the core, which is compiled at the first call.
 */
import { registry } from "./internal/core.js";
import { bytes } from "./internal/generated/channel-bytes.js";

registry.provide(
  "wasm",
  (imports) => new WebAssembly.Instance(new WebAssembly.Module(bytes()), imports).exports,
);

export * from "./internal/entry.js";
