import { connect } from "/dist/index.js";
import { find, make, showState } from "./lib/element.js";
import { inspected } from "./lib/inspected.js";
import { origin, page, short } from "./lib/places.js";
import { buildShell } from "./lib/shell.js";

const CALL_MS = 3_000;

buildShell();
const frame = make("iframe", { title: "A frame with a fate", src: page("guest", "frames/clerk.html") });
find("guest-place").replaceWith(frame);
find("host-origin").textContent = short(location.origin);
find("guest-origin").textContent = short(origin("guest"));

const channel = await connect(frame, {
  allowedOrigins: [origin("guest"), origin("twin")],
});
inspected(channel);
showState(find("state"), channel.state);
channel.onStateChange((state) => {
  showState(find("state"), state);
  if (state === "open") find("guest-origin").textContent = short(channel.origin);
});
channel.closed.then(() => {
  find("fresh").hidden = false;
});

let number = 0;
find("call").addEventListener("click", () => call({ idempotent: false }));
find("again").addEventListener("click", () => call({ idempotent: true }));
find("fresh").addEventListener("click", () => location.reload());

const fates = {
  reload: () => go(page(hostNow(), "frames/clerk.html")),
  other: () => go(page(hostNow(), "frames/clerk.html?shift=late")),
  twin: () => go(page("twin", "frames/clerk.html")),
  evil: () => go(page("evil", "frames/evil.html?eager")),
  move: () => frame.parentElement?.append(frame),
  remove: () => frame.remove(),
  close: () => channel.close("the visitor pressed Close"),
};
for (const button of document.querySelectorAll("[data-fate]")) {
  button.addEventListener("click", () => {
    fates[button.dataset.fate]();
  });
}

async function call({ idempotent }) {
  number += 1;
  const outcome = make("td", {}, make("span", { class: "badge", "data-state": "waiting" }, "in flight"));
  const name = `#${number}${idempotent ? ", idempotent" : ""}`;
  find("calls").prepend(make("tr", {}, make("td", {}, name), outcome));
  while (find("calls").children.length > 6) find("calls").lastElementChild?.remove();
  try {
    const answer = await channel.call("serve", [number, CALL_MS], { idempotent });
    outcome.replaceChildren(make("span", { class: "badge", "data-state": "good" }, "answered"), ` ${answer}`);
  } catch (error) {
    const ran = { no: "it did not run", unknown: "it may have run" }[error.executed];
    outcome.replaceChildren(
      make("span", { class: "badge", "data-state": "refused" }, error.code),
      ran ? ` ${ran}` : "",
    );
  }
}

function hostNow() {
  return new URL(channel.origin).hostname.split(".")[0];
}

function go(url) {
  find("guest-origin").textContent = short(new URL(url).origin);
  frame.src = url;
}
