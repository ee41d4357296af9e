/** The same core without WebAssembly. */
import * as portcullis from "portcullis/no-wasm";
import { over } from "./portcullis-peer.mjs";

export const { connect, serve } = over(portcullis);
