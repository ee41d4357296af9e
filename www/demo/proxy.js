import { createProxyRoutes } from "/dist/requests.js";
import { brief, Crossings } from "./lib/crossings.js";
import { find, make, showOutcome } from "./lib/element.js";
import { origin, page } from "./lib/places.js";
import { buildShell } from "./lib/shell.js";
import { refusal, showTrials } from "./lib/trials.js";

const PREFIX = "/proxy/guest/";
const upstream = `${origin("guest")}/upstream/`;
const SILENCE_MS = 5_000;

buildShell();
const crossed = new Crossings(find("crossed"));
const routes = createProxyRoutes({ [PREFIX]: upstream });

find("table").textContent = `${PREFIX}  →  ${upstream}`;
find("url").value = `${upstream}hello?name=world`;
find("url").addEventListener("input", rewrite);
find("config").addEventListener("input", writeConfiguration);
find("fetch").addEventListener("click", fetchIt);
find("stream").addEventListener("click", stream);
rewrite();
writeConfiguration();

function rewrite() {
  try {
    showOutcome(find("rewritten"), "good", routes.rewrite(find("url").value));
  } catch (error) {
    showOutcome(find("rewritten"), "refused", refusal(error).text);
  }
}

async function fetchIt() {
  const start = performance.now();
  try {
    const answer = await routes.fetch(find("url").value, { method: "POST", body: "a body" });
    const text = await answer.text();
    showOutcome(find("fetched"), answer.ok ? "good" : "refused", `${answer.status} ${pretty(text)}`);
    crossed.add({ kind: "in", what: find("url").value, why: brief(text), took: performance.now() - start });
  } catch (error) {
    showOutcome(find("fetched"), "refused", refusal(error).text);
    crossed.add({ kind: "refused", what: find("url").value, why: refusal(error).text });
  }
}

async function stream() {
  showOutcome(find("fetched"), "good", "");
  const answer = await routes.fetch(`${upstream}stream?lines=10&ms=250`);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    find("fetched").textContent += value;
    crossed.add({ kind: "in", what: "a piece of the stream", why: value.trim() });
  }
}

function writeConfiguration() {
  const which = find("config").value;
  if (which === "nginx") find("written").textContent = routes.toNginx();
  else if (which === "caddy") find("written").textContent = routes.toCaddy();
  else {
    const written = JSON.stringify(
      routes.toVite(),
      (_, value) => (typeof value === "function" ? "(path) => …" : value),
      2,
    );
    find("written").textContent = `server: {\n  proxy: ${written.replaceAll("\n", "\n  ")}\n}`;
  }
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** Asks the server itself, past the page's table, so that the second lock is seen as well. */
async function askServer(path) {
  const answer = await fetch(path);
  const text = (await answer.text()).trim();
  return { state: answer.ok ? "good" : "refused", text: `${answer.status} ${text.slice(0, 200)}` };
}

/** Calls the route from a frame that this page gives no origin, or from one of another origin. */
function askFromFrame(properties) {
  const frame = make("iframe", { ...properties, hidden: true });
  return new Promise((done) => {
    const end = (outcome) => {
      removeEventListener("message", hear);
      clearTimeout(timer);
      frame.remove();
      done(outcome);
    };
    const hear = ({ source, data }) => {
      if (source === frame.contentWindow && typeof data?.text === "string")
        end({ state: data.state, text: data.text });
    };
    const timer = setTimeout(() => end({ state: "note", text: "the frame did not say" }), SILENCE_MS);
    addEventListener("message", hear);
    document.body.append(frame);
  });
}

const caller = `frames/proxy-caller.html?path=${encodeURIComponent(`${location.origin}${PREFIX}hello`)}`;
const trials = [
  ["An encoded way up", `${PREFIX}%2e%2e/jsonp/time?callback=a`],
  ["An encoded slash", `${PREFIX}a%2f..%2f..%2fsite.json`],
  ["A backslash", `${PREFIX}a%5c..%5csite.json`],
  ["Two slashes", `${PREFIX}/evil.localhost/`],
  [
    "A redirect to another host",
    `${PREFIX}redirect?to=${encodeURIComponent(`${origin("evil")}/upstream/x`)}`,
  ],
  ["A redirect inside the route", `${PREFIX}redirect?to=hello`],
].map(([title, path]) => ({ title, about: path, run: () => askServer(path) }));
trials.push(
  {
    title: "Another origin's address",
    about: `rewrite("${origin("evil")}/upstream/")`,
    run: () => ({ state: "good", text: routes.rewrite(`${origin("evil")}/upstream/`) }),
  },
  {
    title: "A sandboxed page calls the route",
    about: "It sends Origin: null.",
    run: () => askFromFrame({ src: page("host", caller), sandbox: "allow-scripts" }),
  },
  {
    title: "A page of another origin calls the route",
    about: "A form could do the same.",
    run: () => askFromFrame({ src: page("evil", caller) }),
  },
);
find("all").addEventListener("click", showTrials(find("tricks"), trials, { crossed }));
