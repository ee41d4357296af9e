// The channel's core; the storage entry brings none of its own.
import "/dist/index.js";
import { openStorage } from "/dist/storage.js";
import { brief, Crossings } from "./lib/crossings.js";
import { find, showOutcome, showState } from "./lib/element.js";
import { origin, page, short } from "./lib/places.js";
import { buildShell } from "./lib/shell.js";
import { refusal } from "./lib/trials.js";

const WATCHED = ["cart.items", "cart.note", "language"];

buildShell();
const crossed = new Crossings(find("crossed"));
find("host-origin").textContent = short(location.origin);

let storage = await open();
find("hub").addEventListener("input", async () => {
  storage.close();
  storage = await open();
});

/** Opens the chosen origin's vault and watches what this page may watch. */
async function open() {
  const from = find("hub").value;
  find("guest-origin").textContent = short(origin(from));
  showState(find("partitioned"), "connecting", "opening");
  const opened = await openStorage(page(from, "frames/vault.html"));
  showState(
    find("partitioned"),
    opened.partitioned ? "waiting" : "good",
    opened.partitioned ? "partitioned: a storage for this site only" : "the origin's own storage",
  );
  for (const key of WATCHED) {
    await opened
      .watch(key, (value) => crossed.add({ kind: "in", what: `${key} changed`, why: brief(value) }))
      .catch((error) => crossed.add({ kind: "refused", what: `watch("${key}")`, why: refusal(error).text }));
  }
  return opened;
}

find("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const act = event.submitter?.value ?? "get";
  const key = find("key").value;
  const [what, run] = {
    set: [`set("${key}", …)`, () => storage.set(key, find("value").value)],
    get: [`get("${key}")`, () => storage.get(key)],
    remove: [`remove("${key}")`, () => storage.remove(key)],
    keys: ["keys()", () => storage.keys()],
    requestAccess: ["requestAccess()", () => storage.requestAccess()],
  }[act];
  const start = performance.now();
  try {
    const result = await run();
    const nothing = act === "get" ? "nothing is there" : "done";
    const why = result === undefined ? nothing : brief(result);
    showOutcome(find("outcome"), "good", `${what}: ${why}`);
    crossed.add({ kind: "out", what, why, took: performance.now() - start });
  } catch (error) {
    showOutcome(find("outcome"), "refused", refusal(error).text);
    crossed.add({ kind: "refused", what, why: refusal(error).text, took: performance.now() - start });
  }
});
