import { find, make, showOutcome } from "./lib/element.js";
import { origin, page, short } from "./lib/places.js";
import { buildShell } from "./lib/shell.js";

const PAIRS = [
  ["https://shop.example/cart", "https://shop.example/pay?x=1", "paths do not matter"],
  ["https://shop.example", "https://shop.example:443", "the scheme's own port"],
  ["https://shop.example", "http://shop.example", "another scheme"],
  ["https://shop.example", "https://shop.example:8443", "another port"],
  ["https://shop.example", "https://www.shop.example", "a subdomain"],
  ["https://shop.example", "https://shop.example.", "a final dot"],
  ["https://пример.test", "https://xn--e1afmkfd.test", "the same name, written twice"],
  ["data:text/html,a", "data:text/html,a", "opaque: not even the same as itself"],
  [
    "https://a.shop.example",
    "https://b.shop.example:8443",
    "both set one domain",
    ["shop.example", "shop.example"],
  ],
  ["https://shop.example", "https://shop.example", "only one of them sets it", ["shop.example", ""]],
];
const SIDES = ["left", "right"];

let comparisons = 0;

buildShell();
const places = { own: location.origin, other: origin("guest") };
const frames = {};
const loaded = [];
for (const [side, from] of Object.entries(places)) {
  find(`${side}-origin`).textContent = short(from);
  find(`${side}-frame-origin`).textContent = short(from);
  frames[side] = make("iframe", {
    title: `A page of ${from}`,
    src: page(short(from).split(".")[0], "frames/treasure.html"),
  });
  loaded.push(new Promise((done) => frames[side].addEventListener("load", done, { once: true })));
  find(`${side}-place`).replaceWith(frames[side]);
}
find("engine").textContent = `Seen by ${navigator.userAgent}`;

find("pairs").append(
  ...PAIRS.map(([left, right, why, [leftDomain, rightDomain] = ["", ""]]) =>
    make(
      "button",
      {
        onclick: () => {
          find("left").value = left;
          find("right").value = right;
          find("left-domain").value = leftDomain;
          find("right-domain").value = rightDomain;
          compare();
        },
      },
      why,
    ),
  ),
);
for (const side of SIDES) {
  for (const id of [side, `${side}-domain`]) find(id).addEventListener("input", compare);
}
compare();
find("attempt").addEventListener("click", attemptAll);

const ATTEMPTS = [
  [
    "Read the frame's text",
    ({ frame }) => frame.contentDocument?.querySelector("h1").textContent ?? deny("contentDocument is null"),
  ],
  ["Read the frame's address", ({ frame }) => frame.contentWindow.location.pathname],
  [
    "Read the frame's localStorage",
    ({ frame }) => `treasure: ${frame.contentWindow.localStorage.getItem("treasure")}`,
  ],
  ["Call the frame's function", ({ frame }) => frame.contentWindow.openChest()],
  ["Read a picture's pixels", pixels],
  ["Read a style sheet's rules", rules],
  [
    "fetch, and read the answer",
    async ({ from }) => `${(await (await fetch(`${from}/site.json`)).text()).slice(0, 30)}…`,
  ],
  [
    "fetch, without reading",
    async ({ from }) => `sent, the answer is ${(await fetch(`${from}/site.json`, { mode: "no-cors" })).type}`,
  ],
  ["Read its cookies", ({ from }) => cookies(from)],
  [
    "Post a message",
    ({ frame, from }) =>
      frame.contentWindow.postMessage("knock", from) ?? "delivered if it is the right page",
  ],
];

async function attemptAll() {
  const rows = ATTEMPTS.map(([name, act]) => {
    const cells = { own: make("td", {}, "…"), other: make("td", {}, "…") };
    return { act, cells, row: make("tr", {}, make("td", {}, name), cells.own, cells.other) };
  });
  find("attempts").replaceChildren(...rows.map(({ row }) => row));
  // A frame that is still on its way has nothing to read yet.
  await Promise.all(loaded);
  for (const { act, cells } of rows) {
    for (const [side, from] of Object.entries(places)) {
      const [state, text] = await attempt(act, { frame: frames[side], from });
      const word = state === "good" ? "done" : "denied";
      cells[side].replaceChildren(make("span", { class: "badge", "data-state": state }, word), ` ${text}`);
    }
  }
}

async function attempt(act, place) {
  try {
    return ["good", String(await act(place))];
  } catch (error) {
    return ["refused", error.name === "Error" ? error.message : error.name];
  }
}

async function pixels({ from }) {
  const image = new Image();
  image.src = `${from}/demo/icon.svg`;
  await image.decode();
  const canvas = make("canvas", { width: 24, height: 24 });
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0, 24, 24);
  return `${context.getImageData(0, 0, 24, 24).data.filter((byte) => byte > 0).length} bytes that are not 0`;
}

async function rules({ from }) {
  // An address of its own: WebKit takes the copy that the frame has loaded for itself, and lets its rules be read.
  const href = `${from}/demo/style/tokens.css?${crypto.getRandomValues(new Uint32Array(1))}`;
  const link = make("link", { rel: "stylesheet", href });
  const loaded = new Promise((done, fail) => {
    link.onload = done;
    link.onerror = () => fail(new Error("it did not load"));
  });
  document.head.append(link);
  try {
    await loaded;
    return `${link.sheet.cssRules.length} rules`;
  } finally {
    link.remove();
  }
}

/** Cookies belong to hosts, and a page is shown those of its own only. */
function cookies(from) {
  const host = new URL(from).hostname;
  const cookie = document.cookie.split("; ").find((one) => one === `treasure=${host}`);
  return cookie ?? deny("document.cookie shows this page's own only");
}

function deny(why) {
  throw new Error(why);
}

async function compare() {
  const [left, right] = SIDES.map((side) => parse(find(side).value));
  const output = find("compared");
  comparisons += 1;
  const current = comparisons;
  if (!left || !right) {
    showOutcome(output, "", "One of them is no address.");
    return;
  }
  const domains = SIDES.map((side) => find(`${side}-domain`).value.trim());
  const told = await askServer([left.origin, right.origin], domains);
  // A later comparison may have been faster.
  if (current !== comparisons) return;
  const lines = [
    left.origin,
    right.origin,
    told.same_origin ? "same origin" : `different origins: ${difference(left, right)}`,
    originDomain(told, domains),
    site(told),
  ];
  showOutcome(output, told.same_origin_domain ? "good" : "refused", lines.join("\n"));
}

/** A page cannot tell a site, which takes the Public Suffix List; the server has it, and the rules in Rust. */
async function askServer([left, right], [leftDomain, rightDomain]) {
  const query = { left, right, left_domain: leftDomain, right_domain: rightDomain };
  return (await fetch(`/compare?${new URLSearchParams(query)}`)).json();
}

/** Same origin-domain: what the browser asks before one page's script may reach into the other. */
function originDomain(told, wanted) {
  const notes = SIDES.filter((side) => told[side].domain_refused).map(
    (side) => `\n  ${wanted[SIDES.indexOf(side)]} is not set: ${told[side].domain_refused}`,
  );
  const set = SIDES.filter((side, at) => wanted[at] && !told[side].domain_refused).length;
  const because = ["they have set no domain", "only one of them has set its domain", "both have set one"][
    set
  ];
  const verdict = told.same_origin_domain
    ? "same origin-domain: either may script the other"
    : "different origin-domains";
  return `${verdict} (${because})${notes.join("")}`;
}

function site({ left, right, same_site: same, schemelessly_same_site: nearly }) {
  const domains = [left, right].map((one) => one.registrable_domain ?? "none").join(" and ");
  if (same) return `same site: ${domains}`;
  return nearly
    ? "different sites, by their schemes only"
    : `different sites: registrable domains ${domains}`;
}

function difference(left, right) {
  if (left.origin === "null" || right.origin === "null") return "an opaque origin equals nothing";
  const parts = { protocol: "scheme", hostname: "host", port: "port" };
  return Object.entries(parts)
    .filter(([part]) => left[part] !== right[part])
    .map(([, name]) => `another ${name}`)
    .join(", ");
}

function parse(text) {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
