import { createProxyRoutes } from "/dist/requests.js";
import { brief, Crossings } from "./lib/crossings.js";
import { find, make, showOutcome } from "./lib/element.js";
import { origin, page } from "./lib/places.js";
import { buildShell } from "./lib/shell.js";
import { refusal, showTrials } from "./lib/trials.js";

const PREFIX = "/proxy/guest/";
const upstream = `${origin("guest")}/upstream/`;

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
  const write = { nginx: routes.toNginx, caddy: routes.toCaddy, vite: routes.toVite }[find("config").value];
  find("written").textContent = write();
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

/** Lets a page without an origin, or of another one, call the route; the upstream counts who arrives. */
async function askFromFrame(host, sandbox) {
  const key = crypto.getRandomValues(new Uint32Array(2)).join("-");
  const path = `${PREFIX}count?key=${key}`;
  const query = new URLSearchParams({ url: `${location.origin}${path}` });
  const frame = make("iframe", {
    src: page(host, `frames/proxy-caller.html?${query}`),
    sandbox,
    hidden: true,
  });
  const told = new Promise((done) => {
    addEventListener("message", function hear({ source, data }) {
      if (source !== frame.contentWindow) return;
      removeEventListener("message", hear);
      done(String(data));
    });
  });
  document.body.append(frame);
  const text = await told;
  frame.remove();
  const { arrived } = await (await fetch(path)).json();
  const before = arrived - 1;
  return {
    state: before === 0 ? "refused" : "good",
    text: `The page says: ${text}. Of its requests ${before} reached the upstream.`,
  };
}

const trials = [
  ["An encoded way up, which the browser itself resolves", `${PREFIX}%2e%2e/guest/hello`],
  ["A way up that is encoded twice", `${PREFIX}%252e%252e/hello`],
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
    run: () => askFromFrame("host", "allow-scripts"),
  },
  {
    title: "A page of another origin calls the route",
    about: "A form could do the same.",
    run: () => askFromFrame("evil"),
  },
);
find("all").addEventListener("click", showTrials(find("tricks"), trials, { crossed }));
