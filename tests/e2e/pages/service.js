// A service worker that does what a case tells it. It may not import later, so it has the package from the start.

import * as portcullis from "/dist/index.js";
import { offer, provide } from "./puppet.js";

provide(portcullis);
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("message", (event) => {
  if (event.data?.e2e !== "where are you") return;
  event.stopImmediatePropagation();
  offer((message, ports) => event.source.postMessage(message, ports));
});
