import { find } from "../lib/element.js";
import { short } from "../lib/places.js";

try {
  localStorage.setItem("treasure", "gold");
} catch {
  // A frame of another site may have no storage; then there is nothing to steal either.
}
// biome-ignore lint/suspicious/noDocumentCookie: not every engine has the Cookie Store API
document.cookie = `treasure=${location.hostname}; Path=/; SameSite=Lax`;
globalThis.openChest = () => "gold";
addEventListener("message", ({ data, origin }) => {
  if (data === "knock") find("heard").textContent = `${short(origin)} knocked. Knocking is allowed.`;
});
