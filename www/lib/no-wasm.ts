/**
 * Channels with no WebAssembly at all: the same core as plain JavaScript, for pages whose policy forbids wasm and
 * browsers that switch it off.
 */
import { registry } from "./internal/core.js";
import { instantiate } from "./internal/generated/channel-plain.js";

registry.provide("plain", instantiate);

export * from "./internal/entry.js";
