/** The same core without WebAssembly. */
import * as portcullis from "portcullis/no-wasm";
import { core } from "../../dist/internal/core.js";
import { over } from "./portcullis-peer.mjs";

export const { connect, serve } = over(portcullis);

/** Makes the core, as the first `connect` does. */
export const prepare = core;
