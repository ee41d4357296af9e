// The frame written in Rust (examples/rust_frame.rs), built before the run.

import init, { serve } from "./generated/rust_frame.js";

/** Starts the frame; it serves the page around it until that goes. */
export async function start(_kit, hostOrigin) {
  await init();
  void serve(hostOrigin);
}
