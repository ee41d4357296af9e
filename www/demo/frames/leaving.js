import { createBeaconQueue } from "/dist/requests.js";
import { find } from "../lib/element.js";
import { origin } from "../lib/places.js";

const key = new URLSearchParams(location.search).get("key") ?? "demo";
const queue = createBeaconQueue({
  endpoint: `${origin("guest")}/beacon/${encodeURIComponent(key)}`,
  flushAfterMs: 60_000,
});
const seconds = () => Math.round(performance.now() / 1_000);

setInterval(() => {
  find("seconds").textContent = `${seconds()} s`;
}, 1_000);
// Pushed before the queue's own listener flushes: it was made after this one.
addEventListener("pagehide", () => queue.push({ lastWords: `looked at for ${seconds()} s` }), {
  capture: true,
});
