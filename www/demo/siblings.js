import { connect, introduce } from "/dist/index.js";
import { find, make, showState } from "./lib/element.js";
import { inspected } from "./lib/inspected.js";
import { origin, page, short } from "./lib/places.js";
import { buildShell } from "./lib/shell.js";

buildShell();
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
channels.forEach(inspected);
showState(find("state"), "waiting", "not introduced");
find("introduce").disabled = false;

find("introduce").addEventListener("click", async () => {
  find("introduce").disabled = true;
  try {
    await introduce(...channels);
    showState(find("state"), "open", "introduced");
    find("serve").disabled = false;
    find("reload").disabled = false;
  } catch (error) {
    showState(find("state"), "refused", error.code);
    find("introduce").disabled = false;
  }
});
find("serve").addEventListener("click", () => {
  channels[0].notify("serve");
});
find("reload").addEventListener("click", () => {
  // Another origin's page cannot be reloaded from here, but its frame can be pointed at it again.
  right.src = page("right", "frames/player.html");
});
