import { beacon, createBeaconQueue } from "/dist/requests.js";
import { brief, Crossings } from "./lib/crossings.js";
import { find, showOutcome } from "./lib/element.js";
import { origin } from "./lib/places.js";
import { buildShell } from "./lib/shell.js";
import { refusal } from "./lib/trials.js";

const LARGEST = 200_000;
const WAIT_MS = 20_000;

buildShell();
const key = `demo-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;
const endpoint = `${origin("guest")}/beacon/${key}`;
const landed = new Crossings(find("landed"), { empty: "Nothing has landed yet." });
find("leave").href = `frames/leaving.html?key=${key}`;

find("size").addEventListener("input", showSize);
find("one").addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
showSize();

const queue = createBeaconQueue({ endpoint, flushAfterMs: 5_000 });
for (const type of ["keydown", "pointerdown"]) {
  addEventListener(type, () => {
    queue.push({ type, at: Math.round(performance.now()) });
    showQueue();
  });
}
find("flush").addEventListener("click", () => {
  queue.flush();
  showQueue();
});
setInterval(showQueue, 1_000);
follow();

function send() {
  const via = find("via").value;
  try {
    const { via: taken, queued, reason } = beacon(endpoint, data(), { via });
    const text = queued ? `The browser took it, by ${taken}.` : `Not sent: ${reason}.`;
    showOutcome(find("sent"), queued ? "good" : "refused", text);
  } catch (error) {
    showOutcome(find("sent"), "refused", refusal(error).text);
  }
}

function data() {
  const filler = "x".repeat(size());
  switch (find("kind").value) {
    case "object":
      return { filler };
    case "json":
      return new Blob([JSON.stringify({ filler })], { type: "application/json" });
    default:
      return filler;
  }
}

/** Reads the server's log for as long as the page is open; each answer waits for news. */
async function follow() {
  let seen = 0;
  for (;;) {
    try {
      // The log is this process's own, so this page's origin may read it.
      const answer = await fetch(`/beacon/${key}/log?count=${seen + 1}&wait=${WAIT_MS}`);
      const { beacons } = await answer.json();
      for (const one of beacons.slice(seen)) show(one);
      seen = beacons.length;
    } catch {
      // The server has gone; it may come back.
      await new Promise((done) => setTimeout(done, 3_000));
    }
  }
}

function show({ method, content_type: type, body_bytes: bytes, refused, ...said }) {
  const what = `${method} ${type ?? "image"}, ${bytes.toLocaleString()} bytes`;
  const words = said.text ?? said.fields ?? "";
  landed.add({
    kind: refused ? "refused" : "in",
    what,
    why: refused ?? (typeof words === "string" ? words.slice(0, 120) : brief(words)),
  });
}

/** From nothing to more than fits, finer where it is small. */
function size() {
  return Math.round((Number(find("size").value) / 100) ** 3 * LARGEST);
}

function showSize() {
  find("size-shown").textContent = `${size().toLocaleString()} bytes`;
}

function showQueue() {
  const { pushed, queued, waiting, batches } = queue.stats;
  find("pushed").textContent = String(pushed);
  find("queued").textContent = String(queued);
  find("batches").textContent = String(batches);
  find("waiting").textContent = `${waiting} waiting`;
}
