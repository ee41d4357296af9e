/** Comlink on the window, as its documentation shows for frames. It cannot tell when the guest listens: wait for `load`. */
import * as Comlink from "comlink";
import { exposed, peerOf } from "./comlink.mjs";

export async function connect({ frame, origin }) {
  await new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
  return peerOf(Comlink.wrap(Comlink.windowEndpoint(frame.contentWindow, self, origin)));
}

export function serve({ origin, methods }) {
  Comlink.expose(exposed(methods), Comlink.windowEndpoint(parent, self, origin), [origin]);
}
