import { connect } from "/dist/index.js";
import { milliseconds } from "./lib/crossings.js";
import { find, make, showOutcome, showState } from "./lib/element.js";
import { inspected } from "./lib/inspected.js";
import { origin, page, short } from "./lib/places.js";
import { Refusals } from "./lib/refusals.js";
import { buildShell, otherPages } from "./lib/shell.js";
import { Sparkline } from "./lib/sparkline.js";
import { followState } from "./lib/spoken.js";

const CURRENCIES = ["EUR", "CHF", "USD", "GBP", "JPY"];
const PULSE_MS = 500;
const BURST = 5_000;

buildShell();
const refusals = new Refusals(find("refused"), find("refused-count"));
const latency = new Sparkline(find("latency"), { label: "round trips of the last calls" });
const counts = { answered: 0, heard: 0 };

find("host-origin").textContent = short(location.origin);
find("guest-origin").textContent = short(origin("guest"));
find("evil-origin").textContent = short(origin("evil"));
find("from").append(...CURRENCIES.map((name) => make("option", {}, name)));
find("to").append(...CURRENCIES.map((name) => make("option", { selected: name === "CHF" }, name)));
find("tiles").append(...otherPages().map(({ file, title, about }) => tile(file, title, about)));

const guest = make("iframe", {
  title: "Exchange desk, on another origin",
  src: page("guest", "frames/desk.html"),
});
const evil = make("iframe", {
  title: "A frame that is not on the list",
  src: page("evil", "frames/evil.html"),
});
find("guest-place").replaceWith(guest);
find("evil-place").replaceWith(evil);

const channel = await connect(guest, {
  allowedOrigins: origin("guest"),
  timeoutMs: 0,
  methods: {
    // The guest has a gate of its own; what it refused is shown beside what ours did.
    refused(event) {
      refusals.add(this.origin, event);
    },
  },
  log: (event) => refusals.add(location.origin, event),
});

inspected(channel);
followState(find("state"), channel);
channel.closed.then(() => showState(find("state"), "closed"));

const shareTheme = () => channel.emit("theme", globalThis.theme.shown, { retain: true });
addEventListener("themechange", shareTheme);
shareTheme();

channel.on("rates", () => {
  counts.heard += 1;
  find("heard").textContent = String(counts.heard);
});

find("converter").addEventListener("submit", (event) => {
  event.preventDefault();
  convert();
});
find("pulse").addEventListener("click", ({ currentTarget }) => {
  const on = currentTarget.getAttribute("aria-pressed") !== "true";
  currentTarget.setAttribute("aria-pressed", String(on));
});
find("burst").addEventListener("click", burst);
convert();
setInterval(() => {
  const wanted = find("pulse").getAttribute("aria-pressed") === "true";
  if (wanted && document.visibilityState === "visible" && channel.state === "open") convert();
}, PULSE_MS);

async function convert() {
  const amount = Number(find("amount").value);
  const [from, to] = [find("from").value, find("to").value];
  const start = performance.now();
  try {
    const result = await channel.remote.convert(amount, from, to);
    const took = performance.now() - start;
    measured(took);
    showOutcome(find("converted"), "good", `${money(amount, from)} = ${money(result, to)}`);
  } catch (error) {
    showOutcome(find("converted"), "refused", `${error.code}: ${error.message}`);
  }
}

function measured(took) {
  counts.answered += 1;
  latency.push(took);
  find("answered").textContent = counts.answered.toLocaleString();
  find("median").textContent = milliseconds(latency.median);
  find("best").textContent = milliseconds(latency.least);
}

async function burst() {
  const button = find("burst");
  button.disabled = true;
  const start = performance.now();
  try {
    const answers = await Promise.all(
      Array.from({ length: BURST }, (_, index) => channel.remote.add(index, 1)),
    );
    const took = performance.now() - start;
    const right = answers.every((answer, index) => answer === index + 1);
    const rate = Math.round((BURST / took) * 1000).toLocaleString();
    counts.answered += BURST;
    find("answered").textContent = counts.answered.toLocaleString();
    find("burst-result").textContent = right
      ? `${milliseconds(took)}: ${rate} calls a second`
      : "a wrong answer came back";
  } catch (error) {
    find("burst-result").textContent = `${error.code}: ${error.message}`;
  } finally {
    button.disabled = false;
  }
}

function money(value, currency) {
  return new Intl.NumberFormat(undefined, { style: "currency", currency }).format(value);
}

function tile(file, title, about) {
  return make(
    "li",
    {},
    make("a", { class: "tile", href: file }, make("strong", {}, title), make("span", {}, about)),
  );
}
