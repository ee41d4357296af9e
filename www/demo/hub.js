import { createHub } from "/dist/index.js";
import { find, make } from "./lib/element.js";
import { inspected } from "./lib/inspected.js";
import { origin, page, short } from "./lib/places.js";
import { Refusals } from "./lib/refusals.js";
import { buildShell } from "./lib/shell.js";

const TEAM = ["ada", "grace", "mary", "edith", "joan", "radia", "sophie", "karen", "barbara", "frances"];
const HUES = [165, 210, 265, 320, 20, 45, 95];
const AT_FIRST = 4;

buildShell();
const refusals = new Refusals(find("refused"), find("refused-count"));
find("host-origin").textContent = short(location.origin);

const team = origin("*.team");
const guest = origin("guest");
const hub = createHub({
  allowedOrigins: [team, guest],
  timeoutMs: 0,
  relay: { pointer: { publish: [team], subscribe: [team, guest] } },
  log: (event) => refusals.add(location.origin, event),
});
inspected(hub);
hub.on("connect", (channel) => {
  channel.onStateChange(show);
  show();
});
hub.on("disconnect", show);

const frames = [];
for (const name of TEAM.slice(0, AT_FIRST)) addTeam(name);
addFrame("guest", "guest", "may only watch");
addFrame("evil", "evil", "not on the list");
show();

let turn = 0;
find("broadcast").addEventListener("click", () => {
  turn += 1;
  hub.broadcast("colour", HUES[turn % HUES.length]);
});
find("more").addEventListener("click", () => {
  const name = TEAM[frames.length];
  if (name) addTeam(name);
});
find("fewer").addEventListener("click", () => frames.pop()?.remove());

function addTeam(name) {
  frames.push(addFrame(`${name}.team`, "guest", "publishes and watches"));
}

function addFrame(host, kind, note) {
  const frame = make("iframe", { title: `A frame of ${host}`, src: page(host, "frames/pointer.html") });
  const head = make(
    "header",
    {},
    make("span", { class: `origin ${kind}` }, host),
    make("span", { class: "note" }, note),
  );
  const card = make("article", { class: `card window${kind === "evil" ? " hostile" : ""}` }, head, frame);
  // The team stands before those who only watch or wait.
  find("frames").insertBefore(
    card,
    kind === "guest" && host !== "guest" ? (find("frames").children[frames.length] ?? null) : null,
  );
  return card;
}

function show() {
  const channels = [...hub.channels];
  find("met").textContent = channels.length === 1 ? "1 peer" : `${channels.length} peers`;
  const row = ([id, { origin: from, state }]) =>
    make(
      "tr",
      {},
      make("td", { class: "mono" }, short(from)),
      make("td", { class: "mono" }, id.slice(0, 8)),
      make("td", {}, make("span", { class: "badge", "data-state": state }, state)),
    );
  find("peers").replaceChildren(...channels.map(row));
}
