import { windowName } from "/dist/requests.js";
import { brief, Crossings } from "./lib/crossings.js";
import { find, showOutcome } from "./lib/element.js";
import { origin, page, short } from "./lib/places.js";
import { buildShell } from "./lib/shell.js";
import { refusal, showTrials } from "./lib/trials.js";

const blankUrl = new URL("frames/blank.html", location.href);

buildShell();
const crossed = new Crossings(find("crossed"));
find("guest-origin").textContent = short(origin("guest"));

find("ask").addEventListener("submit", async (event) => {
  event.preventDefault();
  const words = find("words").value;
  const start = performance.now();
  try {
    const answer = await ask("answer.html", { words });
    showOutcome(find("answer"), "good", JSON.stringify(answer, null, 2));
    crossed.add({ kind: "in", what: brief({ words }), why: brief(answer), took: performance.now() - start });
  } catch (error) {
    showOutcome(find("answer"), "refused", refusal(error).text);
    crossed.add({ kind: "refused", what: brief({ words }), why: refusal(error).text });
  }
});

function ask(file, data, options) {
  return windowName.request(page("guest", `frames/${file}`), {
    blankUrl,
    data,
    ...options,
  });
}

const trials = [
  ["The page asked fails", "Its handler throws.", () => ask("answer.html", { fail: "no words today" })],
  [
    "The page asked does not answer",
    "Our patience is a second.",
    () => ask("blank.html", {}, { timeoutMs: 1_000 }),
  ],
  [
    "A hostile page writes a name of its own",
    "It goes back, but does not know the secret.",
    () => ask("name-forger.html", {}),
  ],
  [
    "A question that is too large",
    "maxBytes is 1,000.",
    () => ask("answer.html", { words: "x".repeat(2_000) }, { maxBytes: 1_000 }),
  ],
  [
    "An answer that is too large",
    "The page asked repeats the words a hundred times.",
    () => ask("answer.html", { words: "x".repeat(500), times: 100 }, { maxBytes: 10_000 }),
  ],
  [
    "A question that is no JSON",
    "A cycle.",
    () => {
      const cycle = {};
      cycle.self = cycle;
      return ask("answer.html", cycle);
    },
  ],
].map(([title, about, act]) => ({
  title,
  about,
  run: async () => ({ state: "good", text: brief(await act()) }),
}));
find("all").addEventListener("click", showTrials(find("trials"), trials, { crossed }));
