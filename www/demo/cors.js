import { classifyCors, corsFetch, explainCors } from "/dist/requests.js";
import { brief, Crossings } from "./lib/crossings.js";
import { find, make, showOutcome, showState } from "./lib/element.js";
import { origin, short } from "./lib/places.js";
import { buildShell } from "./lib/shell.js";
import { refusal, showTrials } from "./lib/trials.js";

const server = origin("guest");
const STATES = { "same-origin": "good", simple: "good", preflight: "waiting" };
const WORDS = { "same-origin": "same origin", simple: "no preflight", preflight: "the browser asks first" };

buildShell();
const crossed = new Crossings(find("crossed"));
find("target").append(
  make("option", { value: `${server}/cors/good` }, `${short(server)}, allows this page`),
  make(
    "option",
    { value: `${origin("evil")}/cors/wrong/missing` },
    `${short(origin("evil"))}, knows no CORS`,
  ),
  make("option", { value: `${location.origin}/cors/good` }, `${short(location.origin)}, this page's own`),
);
find("headers").value =
  `access-control-allow-origin: ${location.origin}\naccess-control-allow-credentials: true\naccess-control-expose-headers: x-answer\nvary: Origin`;
find("preflight").value =
  `access-control-allow-origin: ${location.origin}\naccess-control-allow-methods: PUT, PATCH, DELETE\naccess-control-allow-headers: content-type, x-demo`;

for (const id of ["request", "headers", "preflight"]) find(id).addEventListener("input", judge);
find("request").addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
judge();

/** The request as the form describes it. */
function request() {
  const checked = [...document.querySelectorAll("[name=header]:checked")].map(({ value }) =>
    value.split(/: (.*)/s),
  );
  return {
    url: find("target").value,
    method: find("method").value,
    headers: checked.map(([name, value]) => [name, value]),
    credentials: find("credentials").checked ? "include" : "same-origin",
  };
}

/** Predicts; no request is made. */
function judge() {
  try {
    const { kind, reasons } = classifyCors(request());
    showState(find("kind"), STATES[kind], WORDS[kind]);
    find("reasons").replaceChildren(...reasons.map((reason) => make("li", {}, reason)));
  } catch (error) {
    showState(find("kind"), "refused", "no such request");
    find("reasons").replaceChildren(make("li", {}, error.message));
  }
  try {
    const { allowed, code, reasons, exposedHeaders } = explainCors({
      request: request(),
      response: { status: 200, headers: lines("headers") },
      preflight: { status: 204, headers: lines("preflight") },
    });
    const may = exposedHeaders.length ? ` It may also read ${exposedHeaders.join(", ")}.` : "";
    const text = allowed ? `The page may read the answer.${may}` : `${code}: refused.`;
    showOutcome(find("explained"), allowed ? "good" : "refused", [text, ...reasons].join("\n"));
  } catch (error) {
    showOutcome(find("explained"), "refused", refusal(error).text);
  }
}

async function send() {
  const { url, method, headers, credentials } = request();
  const body = ["GET", "HEAD"].includes(method) ? undefined : "a body";
  const start = performance.now();
  try {
    const answer = await corsFetch(url, { method, headers, credentials, body });
    const told = await answer.text();
    const readable = [...answer.headers.keys()].join(", ");
    showOutcome(find("answer"), "good", `${answer.status} ${told}\nreadable headers: ${readable}`);
    crossed.add({ kind: "in", what: `${method} ${url}`, why: brief(told), took: performance.now() - start });
  } catch (error) {
    showOutcome(find("answer"), "refused", refusal(error).text);
    crossed.add({
      kind: "refused",
      what: `${method} ${url}`,
      why: refusal(error).text,
      took: performance.now() - start,
    });
  }
}

function lines(id) {
  return find(id)
    .value.split("\n")
    .map((line) => line.split(/: ?(.*)/s))
    .filter(([name]) => name?.trim())
    .map(([name, value = ""]) => [name.trim(), value]);
}

const demo = { headers: { "x-demo": "1" } };
const MISTAKES = [
  ["missing", "No header at all", {}],
  ["trailing-slash", "A slash after the origin", {}],
  ["upper-case", "The origin in upper case", {}],
  ["list", "Two origins in one header", {}],
  ["twice", "The header twice", {}],
  ["wildcard-credentials", "* together with credentials", { credentials: "include" }],
  ["true-case", "True instead of true", { credentials: "include" }],
  ["preflight-forbidden", "The preflight says 403", demo],
  ["preflight-redirect", "The preflight is sent elsewhere", demo],
  ["no-headers", "The preflight allows no header", demo],
  ["no-methods", "The preflight allows no method", { method: "PUT" }],
  ["lower-case-methods", "Methods in lower case", { method: "PATCH" }],
  ["wildcard-headers", "* for headers, with credentials", { ...demo, credentials: "include" }],
  ["redirect", "Sent on to another host", {}],
  ["redirect-user", "Sent on, with a user name in the address", {}],
  ["reflected", "Any origin, null too", {}],
  ["no-vary", "Right, but a cache may hand it to others", {}],
];
const trials = MISTAKES.map(([mistake, title, init]) => ({
  title,
  about: `${init.method ?? "GET"} /cors/wrong/${mistake}${init.credentials ? ", with credentials" : ""}`,
  async run() {
    const answer = await corsFetch(`${server}/cors/wrong/${mistake}`, init);
    return { state: "good", text: `The browser lets it pass: ${answer.status} ${await answer.text()}` };
  },
}));
find("all").addEventListener("click", showTrials(find("wrong"), trials, { crossed }));
