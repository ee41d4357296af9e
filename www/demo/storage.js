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
find("guest-origin").textContent = short(origin("guest"));

const storage = await openStorage(page("guest", "frames/vault.html"));
showState(
  find("partitioned"),
  storage.partitioned ? "waiting" : "good",
  storage.partitioned ? "partitioned: a storage for this site only" : "the origin's own storage",
);
for (const key of WATCHED) {
  await storage.watch(key, (value) => crossed.add({ kind: "in", what: `${key} changed`, why: brief(value) }));
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
    showOutcome(
      find("outcome"),
      "good",
      result === undefined ? `${what}: done` : `${what}: ${brief(result)}`,
    );
    crossed.add({ kind: "out", what, why: brief(result), took: performance.now() - start });
  } catch (error) {
    showOutcome(find("outcome"), "refused", refusal(error).text);
    crossed.add({ kind: "refused", what, why: refusal(error).text, took: performance.now() - start });
  }
});
