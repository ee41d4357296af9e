// The channel's core; connectRelaxed brings none of its own.
import "/dist/index.js";
import { connectRelaxed } from "/dist/requests.js";
import { brief, Crossings } from "../lib/crossings.js";
import { find, make, showState } from "../lib/element.js";
import { page, short } from "../lib/places.js";

const [own, ...rest] = location.hostname.split(".");
const domain = rest.join(".");
const isOuter = own === "a";
find("name").textContent = location.host;

const crossed = new Crossings(find("crossed"), { limit: 5 });

let peer = window.parent;
if (isOuter) {
  peer = make("iframe", {
    class: "inner",
    title: "The neighbour",
    src: page(`b.${domain.split(".")[0]}`, "frames/relaxing.html"),
  });
  find("neighbour").append(peer);
}

try {
  const channel = await connectRelaxed(peer, {
    domain,
    timeoutMs: 30_000,
    methods: {
      greet(name) {
        crossed.add({ kind: "in", what: "greet", why: brief(name) });
        return `${location.host} greets ${name}`;
      },
    },
  });
  showState(find("state"), channel.state);
  find("outcome").textContent =
    `relaxed to ${domain}: a channel over ${channel.transport} to ${short(channel.origin)}`;
  find("calls").hidden = false;
  find("call").addEventListener("click", async () => {
    const start = performance.now();
    const answer = await channel.remote.greet(location.host);
    find("answer").textContent = answer;
    crossed.add({ kind: "out", what: "greet", why: brief(answer), took: performance.now() - start });
  });
} catch (error) {
  showState(find("state"), "refused", error.code ?? error.name);
  find("outcome").textContent = error.message;
  crossed.add({ kind: "refused", what: "connectRelaxed", why: error.code ?? brief(error) });
}
