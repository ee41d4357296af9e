import { jsonp } from "/dist/requests.js";
import { brief, Crossings } from "./lib/crossings.js";
import { find, showOutcome } from "./lib/element.js";
import { origin, short } from "./lib/places.js";
import { buildShell } from "./lib/shell.js";
import { refusal, showTrials } from "./lib/trials.js";

const server = origin("guest");

buildShell();
const crossed = new Crossings(find("crossed"));
find("guest-origin").textContent = short(server);

find("ask").addEventListener("submit", async (event) => {
  event.preventDefault();
  const words = find("words").value;
  const start = performance.now();
  try {
    const answer = await jsonp(`${server}/jsonp/echo`, { params: { words, from: location.hostname } });
    showOutcome(find("answer"), "good", JSON.stringify(answer));
    crossed.add({ kind: "in", what: "/jsonp/echo", why: brief(answer), took: performance.now() - start });
  } catch (error) {
    showOutcome(find("answer"), "refused", refusal(error).text);
    crossed.add({ kind: "refused", what: "/jsonp/echo", why: refusal(error).text });
  }
});

const HOSTILE = [
  ["code", "Code that looks around", "Reads the page, its cookies and its storage, and forges a greeting."],
  ["twice", "Two answers", "Calls the callback twice; the first counts."],
  [
    "late",
    "A late answer",
    "Comes after our patience of one second; nothing hears it any more.",
    { timeoutMs: 1_000 },
  ],
  ["silent", "No answer", "A script that calls nothing."],
  ["throws", "A script that throws", "Before it calls."],
  ["syntax", "A script that cannot be read", "Nothing in it runs."],
  ["pure-json", "JSON without the padding", "Data, but no call."],
  ["wrong-name", "The wrong callback", "Calls a function that is not ours."],
  ["uncloneable", "No data", "Calls with a function and a window in the hand."],
  ["json-nosniff", "JSON that may not run", "The right call, but of a type that nosniff blocks."],
  ["csv", "A table", "text/csv, which no browser runs."],
  ["missing", "404", "The right call in an answer that says it is not there."],
  ["redirect", "Sent on to another host", "The frame's policy names one host only."],
  [
    "endless",
    "An answer without end",
    "Comments for ever; our patience is one second.",
    { timeoutMs: 1_000 },
  ],
];

const trials = HOSTILE.map(([kind, title, about, options]) => ({
  title,
  about,
  async run() {
    const answer = await jsonp(`${server}/jsonp/hostile/${kind}`, options);
    return { state: "good", text: JSON.stringify(answer) };
  },
}));
trials.splice(1, 0, {
  title: "The same code without isolation",
  about: "isolate: false runs it in this page, as JSONP has always done. See what it reaches.",
  async run() {
    // biome-ignore lint/suspicious/noDocumentCookie: not every engine has the Cookie Store API
    document.cookie = "visitor=42; SameSite=Lax";
    const answer = await jsonp(`${server}/jsonp/hostile/code`, { isolate: false });
    return { state: "refused", text: `It reached ${JSON.stringify(answer.reached ?? answer)}` };
  },
});
find("all").addEventListener("click", showTrials(find("hostile"), trials, { crossed }));
