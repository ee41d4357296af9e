/** The default entry: wasm inlined. */
import * as portcullis from "portcullis";
import { over } from "./portcullis-peer.mjs";

export const { connect, serve } = over(portcullis);
