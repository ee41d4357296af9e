import { connect, transfer } from "/dist/index.js";
import { BarePort } from "./lib/bare-port.js";
import { brief, milliseconds } from "./lib/crossings.js";
import { find, make, showState } from "./lib/element.js";
import { origin, page } from "./lib/places.js";
import { buildShell } from "./lib/shell.js";

const LONE_CALLS = 300;
const BURST = 5_000;
const ITEMS = 20_000;
const MEBIBYTES = 16;

buildShell();
find("engine").textContent = navigator.userAgent;
const frame = make("iframe", { title: "The other side", src: page("guest", "frames/bench.html") });
const loaded = new Promise((done) => frame.addEventListener("load", done, { once: true }));
find("guest-place").append(frame);

const channel = await connect(frame, { allowedOrigins: origin("guest"), timeoutMs: 0 });
await loaded;
const bare = new BarePort(frame.contentWindow, origin("guest"));
await bare.ready;
showState(find("state"), "open", "ready");
find("run").disabled = false;
find("run").addEventListener("click", run);

/** Each row takes one sample and answers in the case's unit; less is better, or more, as the case says. */
const CASES = [
  {
    name: "A lone call, there and back",
    less: true,
    show: milliseconds,
    rows: {
      "bare port": () => lone((n) => bare.add(n, 1)),
      portcullis: () => lone((n) => channel.remote.add(n, 1)),
    },
  },
  {
    name: `${BURST.toLocaleString()} calls at once`,
    less: false,
    show: (rate) => `${short(rate)} calls/s`,
    rows: {
      "bare port": () => burst((n) => bare.add(n, 1)),
      "bare port, batched": () => bare.burst(BURST),
      portcullis: () => burst((n) => channel.remote.add(n, 1)),
    },
  },
  {
    name: `A stream of ${ITEMS.toLocaleString()} items`,
    less: false,
    show: (rate) => `${short(rate)} items/s`,
    rows: {
      "bare port": () => bare.stream(ITEMS),
      portcullis: stream,
    },
  },
  {
    name: `${MEBIBYTES} MiB there and back, moved`,
    less: true,
    show: milliseconds,
    rows: {
      "bare port": () => move((buffer) => bare.give(buffer)),
      portcullis: () => move((buffer) => channel.remote.give(transfer(buffer, [buffer]))),
    },
  },
];

async function run() {
  const rounds = Number(find("rounds").value);
  const samples = CASES.map(({ rows }) => Object.fromEntries(Object.keys(rows).map((row) => [row, []])));
  const total = rounds * CASES.reduce((sum, { rows }) => sum + Object.keys(rows).length, 0);
  let done = 0;
  find("run").disabled = true;
  try {
    await warmUp();
    for (let round = 0; round < rounds; round += 1) {
      for (const [index, { rows }] of CASES.entries()) {
        for (const [row, sample] of turned(Object.entries(rows), round)) {
          showState(find("state"), "waiting", `round ${round + 1}: ${row}`);
          samples[index][row].push(await sample());
          done += 1;
          find("progress").value = done / total;
          // The page stays alive, and no row inherits the other's garbage within one task.
          await new Promise((next) => setTimeout(next));
        }
      }
      show(samples);
    }
    showState(find("state"), "good", "done");
  } catch (error) {
    showState(find("state"), "refused", brief(error, 60));
  } finally {
    find("run").disabled = false;
  }
}

async function warmUp() {
  for (const { rows } of CASES) for (const sample of Object.values(rows)) await sample();
}

/** Who begins changes from round to round. */
function turned(list, by) {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

async function lone(call) {
  const start = performance.now();
  for (let n = 0; n < LONE_CALLS; n += 1) expect(await call(n), n + 1);
  return (performance.now() - start) / LONE_CALLS;
}

async function burst(call) {
  const start = performance.now();
  const answers = await Promise.all(Array.from({ length: BURST }, (_, n) => call(n)));
  const rate = (BURST / (performance.now() - start)) * 1_000;
  for (const [n, answer] of answers.entries()) expect(answer, n + 1);
  return rate;
}

async function stream() {
  const start = performance.now();
  let items = 0;
  for await (const item of await channel.remote.items(ITEMS)) {
    items += 1;
    expect(item, items);
  }
  expect(items, ITEMS);
  return (ITEMS / (performance.now() - start)) * 1_000;
}

async function move(give) {
  const buffer = new ArrayBuffer(MEBIBYTES * 1024 * 1024);
  const start = performance.now();
  const back = await give(buffer);
  expect(back.byteLength, MEBIBYTES * 1024 * 1024);
  return performance.now() - start;
}

function expect(value, expected) {
  if (value !== expected) throw new Error(`a wrong answer: ${value} in place of ${expected}`);
}

function show(samples) {
  find("figures").replaceChildren(...CASES.flatMap((one, index) => figures(one, samples[index])));
  find("charts").replaceChildren(...CASES.map((one, index) => chart(one, samples[index])));
}

function figures({ name, show: format }, rows) {
  return Object.entries(rows).map(([row, values], at) => {
    const ratios = values.map((value, round) => value / rows["bare port"][round]);
    const [least, middle, most] = spread(ratios);
    return make(
      "tr",
      {},
      make("td", {}, at ? "" : name),
      make("td", {}, row),
      make("td", { class: "number" }, format(spread(values)[1])),
      make("td", { class: "number" }, at ? `${middle.toFixed(2)} ×` : "reference"),
      make("td", { class: "number" }, at ? `${least.toFixed(2)} – ${most.toFixed(2)}` : ""),
    );
  });
}

function chart({ name, less, show: format }, rows) {
  const medians = Object.entries(rows).map(([row, values]) => [row, spread(values)[1]]);
  const most = Math.max(...medians.map(([, value]) => value));
  const bar = ([row, value]) => {
    const fill = make("span", {});
    fill.style.width = `${(value / most) * 100}%`;
    return make(
      "div",
      { class: "field" },
      make("div", { class: "row apart note" }, make("span", {}, row), make("span", {}, format(value))),
      make("div", { class: row === "portcullis" ? "bar" : "bar plain-bar" }, fill),
    );
  };
  return make(
    "article",
    { class: "card" },
    make(
      "header",
      {},
      make("h3", {}, name),
      make("span", { class: "note" }, less ? "less is better" : "more is better"),
    ),
    make("div", { class: "body" }, ...medians.map(bar)),
  );
}

/** Smallest, middle and largest. */
function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)];
}

function short(value) {
  return new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 }).format(value);
}
