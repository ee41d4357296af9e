// A dedicated or shared worker that does what a case tells it.

import { offer } from "./puppet.js";

if (globalThis.DedicatedWorkerGlobalScope && self instanceof DedicatedWorkerGlobalScope) {
  offer((message, ports) => self.postMessage(message, ports));
} else {
  // The case's own connection is the first one; the later ones belong to the package.
  self.addEventListener(
    "connect",
    (event) => offer((message, ports) => event.ports[0].postMessage(message, ports)),
    {
      once: true,
    },
  );
}
