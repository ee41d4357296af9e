import { connect, introduce } from "/dist/index.js";
import { Crossings } from "./lib/crossings.js";
import { find, make, showState } from "./lib/element.js";
import { origin, page, short } from "./lib/places.js";
import { buildShell } from "./lib/shell.js";

buildShell();
const crossed = new Crossings(find("crossed"));
const [left, right] = ["left", "right"].map((side) => {
  const frame = make("iframe", { title: `The ${side} player`, src: page(side, "frames/player.html") });
  find(`${side}-origin`).textContent = short(origin(side));
  find(`${side}-place`).replaceWith(frame);
  return frame;
});

const channels = await Promise.all(
  [left, right].map((frame, side) =>
    connect(frame, { allowedOrigins: origin(["left", "right"][side]), timeoutMs: 0 }),
  ),
);
for (const channel of channels) {
  crossed.add({ kind: "note", what: "open", why: short(channel.origin) });
  channel.onStateChange((state) => crossed.add({ kind: "note", what: state, why: short(channel.origin) }));
}
showState(find("state"), "waiting", "not introduced");
find("introduce").disabled = false;

find("introduce").addEventListener("click", async () => {
  find("introduce").disabled = true;
  try {
    await introduce(...channels);
    showState(find("state"), "open", "introduced");
    crossed.add({ kind: "out", what: "introduce", why: "each frame got one end of a port" });
    find("serve").disabled = false;
    find("reload").disabled = false;
  } catch (error) {
    showState(find("state"), "refused", error.code);
    crossed.add({ kind: "note", what: error.code, why: error.message });
    find("introduce").disabled = false;
  }
});
find("serve").addEventListener("click", () => {
  channels[0].notify("serve");
  crossed.add({ kind: "out", what: "serve()", why: short(channels[0].origin) });
});
find("reload").addEventListener("click", () => {
  // Another origin's page cannot be reloaded from here, but its frame can be pointed at it again.
  right.src = page("right", "frames/player.html");
  crossed.add({
    kind: "note",
    what: "reload",
    why: `${short(origin("right"))}: they are introduced again when it is back`,
  });
});
