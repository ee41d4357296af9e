// The channel's core; the storage entry brings none of its own.
import "/dist/index.js";
import { openStorage } from "/dist/storage.js";
import { brief, Crossings } from "./lib/crossings.js";
import { find, showOutcome, showState } from "./lib/element.js";
import { origin, page, short } from "./lib/places.js";
import { buildShell } from "./lib/shell.js";
import { refusal } from "./lib/trials.js";

const WATCHED = ["cart.items", "cart.note", "language"];
const OPEN_MS = 30_000;

buildShell();
const crossed = new Crossings(find("crossed"));
find("host-origin").textContent = short(location.origin);

// A press waits for the vault that is being opened: the page works from its first moment.
let storage = open();
find("hub").addEventListener("input", () => {
  storage = storage.then((opened) => opened.close()).then(open, open);
});

/** Opens the chosen origin's vault and watches what this page may watch. */
async function open() {
  const from = find("hub").value;
  find("guest-origin").textContent = short(origin(from));
  showState(find("partitioned"), "connecting", "opening");
  const opening = openStorage(page(from, "frames/vault.html"), { timeoutMs: OPEN_MS });
  const opened = await opening.catch((error) => {
    showState(find("partitioned"), "refused", error.code);
    throw error;
  });
  showState(
    find("partitioned"),
    opened.partitioned ? "waiting" : "good",
    opened.partitioned ? "partitioned: a storage for this site only" : "the origin's own storage",
  );
  // No call waits for the watches: messages keep their order, so what is changed from here on is heard of.
  for (const key of WATCHED) {
    opened
      .watch(key, (value) => crossed.add({ kind: "in", what: `${key} changed`, why: brief(value) }))
      .catch((error) => crossed.add({ kind: "refused", what: `watch("${key}")`, why: refusal(error).text }));
  }
  return opened;
}

find("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const act = event.submitter?.value ?? "get";
  const key = find("key").value;
  const value = find("value").value;
  const [what, run] = {
    set: [`set("${key}", …)`, (opened) => opened.set(key, value)],
    get: [`get("${key}")`, (opened) => opened.get(key)],
    remove: [`remove("${key}")`, (opened) => opened.remove(key)],
    keys: ["keys()", (opened) => opened.keys()],
    requestAccess: ["requestAccess()", (opened) => opened.requestAccess()],
  }[act];
  const start = performance.now();
  try {
    const result = await run(await storage);
    const nothing = act === "get" ? "nothing is there" : "done";
    const why = result === undefined ? nothing : brief(result);
    showOutcome(find("outcome"), "good", `${what}: ${why}`);
    crossed.add({ kind: "out", what, why, took: performance.now() - start });
  } catch (error) {
    showOutcome(find("outcome"), "refused", refusal(error).text);
    crossed.add({ kind: "refused", what, why: refusal(error).text, took: performance.now() - start });
  }
});
