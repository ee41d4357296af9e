import { relaxDomain } from "/dist/requests.js";
import { find, make } from "./lib/element.js";
import { origin, page, short } from "./lib/places.js";
import { buildShell } from "./lib/shell.js";
import { showTrials } from "./lib/trials.js";

buildShell();
for (const kind of ["relaxed", "keyed"]) {
  find(`${kind}-origin`).textContent = short(origin(`a.${kind}`));
  const frame = make("iframe", {
    title: `A page of a.${kind}.localhost`,
    src: page(`a.${kind}`, "frames/relaxing.html"),
  });
  find(`${kind}-place`).replaceWith(frame);
}

const trials = [
  ["localhost", "A public suffix: everybody below it would be let in."],
  ["guest.localhost", "Another host."],
  ["example.com", "Another domain."],
  ["st.localhost", "The end of the name, but not at a dot."],
].map(([domain, about]) => ({
  title: domain,
  about,
  run() {
    const { outcome, reason } = relaxDomain(domain);
    return { state: outcome === "relaxed" ? "good" : "refused", text: `${outcome}: ${reason}` };
  },
}));
find("all").addEventListener("click", showTrials(find("trials"), trials));
