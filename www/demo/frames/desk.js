import { connect } from "/dist/index.js";
import { find, make } from "../lib/element.js";
import { origin, short } from "../lib/places.js";
import { followState, speaker } from "../lib/spoken.js";

const say = speaker(find("spoken"), 4);

const rates = { EUR: 1, CHF: 0.9412, USD: 1.0874, GBP: 0.8431, JPY: 161.4 };
let asked = 0;
let counted = false;

const connecting = connect(window.parent, {
  allowedOrigins: origin("host"),
  timeoutMs: 0,
  methods: {
    add: (a, b) => {
      count();
      return a + b;
    },
    convert(amount, from, to) {
      const [source, target] = [rates[from], rates[to]];
      if (!Number.isFinite(amount) || !source || !target)
        throw new RangeError(`no rate from ${from} to ${to}`);
      count();
      say(`convert(${amount}, ${from}, ${to})`);
      return round((amount / source) * target, 2);
    },
  },
  log: report,
});
const channel = await connecting;
followState(find("state"), channel);
find("peer").textContent = short(channel.origin);
channel.on("theme", (shown) => globalThis.theme.follow(shown), { replay: true });

show();
announce();
find("tick").addEventListener("click", tick);
setInterval(() => {
  if (document.visibilityState === "visible") tick();
}, 4_000);

function tick() {
  for (const name of Object.keys(rates)) {
    if (name !== "EUR") rates[name] = round(rates[name] * (1 + (Math.random() - 0.5) / 200), 4);
  }
  show();
  announce();
}

function announce() {
  if (channel.state !== "closed") channel.emit("rates", { ...rates }, { retain: true });
}

/** This page has a gate of its own; the page around it shows what it refused. */
function report({ kind, origin: from, reason }) {
  // The log may speak before the handshake is over: then the report waits for it. A report that finds no channel is lost with it.
  connecting.then((open) => open.remote.refused({ kind, origin: from, reason })).catch(() => {});
}

function show() {
  const cell = ([name, rate]) =>
    make("div", {}, make("dt", {}, name), make("dd", {}, rate.toFixed(rate > 10 ? 1 : 4)));
  find("rates").replaceChildren(
    ...Object.entries(rates)
      .filter(([name]) => name !== "EUR")
      .map(cell),
  );
}

function round(value, digits) {
  return Number(value.toFixed(digits));
}

/** Counts a call; the page shows the sum once a frame, however many calls a batch brings. */
function count() {
  asked += 1;
  if (counted) return;
  counted = true;
  requestAnimationFrame(() => {
    counted = false;
    find("asked").textContent = asked.toLocaleString();
  });
}
