/** The charts of docs/benchmarks/, drawn by Observable Plot into a document of linkedom. */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { libraries } from "../libraries/index.mjs";

const { document } = parseHTML("<!doctype html><html><body></body></html>");
const COLORS = { ours: "#0f766e", peer: "#94a3b8", reference: "#d6b36a" };
const kinds = new Map(libraries.map(({ name, kind }) => [name, kind]));
kinds.set("portcullis/slim", "ours");

const color = ({ library }) => COLORS[kinds.get(library)] ?? COLORS.peer;

function svg(options) {
  const plot = Plot.plot({
    document,
    width: 760,
    marginLeft: 150,
    marginRight: 90,
    marginBottom: 48,
    style: { background: "#ffffff", color: "#1e293b", fontFamily: "system-ui, sans-serif", fontSize: "13px" },
    ...options,
  });
  plot.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  plot.setAttribute("role", "img");
  // Plot sets the ground by CSS, which viewers of bare SVG files paint as well.
  return `${plot.outerHTML}\n`;
}

const bestFirst = (rows, key, greater) =>
  rows
    .map(({ library }) => library)
    .sort((one, other) => {
      const [a, b] = [one, other].map((name) => key(rows.find((row) => row.library === name)));
      return greater ? b - a : a - b;
    });

/** Bars with their figure at the end. */
function bars(rows, { label, value, text, greater = false, log = true }) {
  const shown = rows.filter((row) => value(row) !== undefined);
  const low = Math.min(...shown.map(value));
  const start = log ? 10 ** Math.floor(Math.log10(low * 0.9)) : 0;
  return svg({
    ariaLabel: label,
    height: 80 + 26 * shown.length,
    x: { type: log ? "log" : "linear", label, labelOffset: 42, grid: true, ticks: 6, tickFormat: "~s" },
    y: { label: null, domain: bestFirst(shown, value, greater) },
    marks: [
      Plot.barX(shown, { y: "library", x1: start, x2: value, fill: color, insetTop: 2, insetBottom: 2 }),
      Plot.text(shown, { y: "library", x: value, text, textAnchor: "start", dx: 6 }),
    ],
  });
}

/** Median, middle half and extremes of a ratio; the line at 1 is `raw`. */
function ratios(rows, label) {
  const shown = rows.filter((row) => row.timesRaw);
  const of = (key) => (row) => row.timesRaw[key];
  return svg({
    ariaLabel: label,
    height: 80 + 26 * shown.length,
    x: { type: "log", label, labelOffset: 42, grid: true, ticks: 8, tickFormat: "~f" },
    y: { label: null, domain: bestFirst(shown, of("median"), false) },
    marks: [
      Plot.ruleX([1], { stroke: "#475569", strokeDasharray: "4 3" }),
      Plot.ruleY(shown, { y: "library", x1: of("min"), x2: of("max"), stroke: color, strokeWidth: 1.5 }),
      Plot.ruleY(shown, {
        y: "library",
        x1: of("low"),
        x2: of("high"),
        stroke: color,
        strokeWidth: 8,
        strokeOpacity: 0.6,
      }),
      Plot.dot(shown, { y: "library", x: of("median"), fill: color, r: 5, stroke: "#ffffff" }),
      Plot.text(shown, {
        y: "library",
        x: of("max"),
        text: (row) => row.timesRaw.median.toFixed(2),
        textAnchor: "start",
        dx: 8,
      }),
    ],
  });
}

/** Lone call against the number of idle channels, a line per library. */
function idle(results, label) {
  const points = results.flatMap(({ case: name, rows }) =>
    rows
      .filter((row) => row.figure)
      .map((row) => ({
        library: row.library,
        channels: Number(name.slice("idle-".length)),
        us: row.figure.median,
      })),
  );
  const last = Math.max(...points.map(({ channels }) => channels));
  return svg({
    ariaLabel: label,
    height: 420,
    marginLeft: 60,
    marginRight: 170,
    x: { type: "log", label: "idle channels beside", ticks: [1, 20, 100], tickFormat: "d" },
    y: { type: "log", label, grid: true, ticks: 5, tickFormat: "~s" },
    marks: [
      Plot.line(points, { x: "channels", y: "us", z: "library", stroke: color, strokeWidth: 2 }),
      Plot.dot(points, { x: "channels", y: "us", fill: color, r: 3 }),
      Plot.text(
        points.filter(({ channels }) => channels === last),
        Plot.dodgeY({
          x: "channels",
          y: "us",
          text: "library",
          textAnchor: "start",
          dx: 8,
          anchor: "middle",
          padding: 0,
          r: 6,
        }),
      ),
    ],
  });
}

/** Three digits, thousands as `k`. */
const short = (value) =>
  value >= 10_000 ? `${Math.round(value / 1_000)}k` : Number(value.toPrecision(3)).toLocaleString("en-US");

/** File name to SVG text, for the cases that the record has in Chromium with cross-site frames. */
export function charts(record) {
  const main = (name) =>
    record.results.find(
      (result) =>
        result.case === name &&
        (result.site === "any" || (result.engine === "chromium" && result.site === "cross")),
    );
  const files = new Map();
  const draw = (name, file, paint) => {
    const result = main(name);
    const rows = result?.rows.filter((row) => row.figure);
    if (rows?.length > 0) files.set(file, paint(rows));
  };
  const figureBars =
    (label, settings = {}) =>
    (rows) =>
      bars(rows, {
        label,
        value: (row) => row.figure?.median,
        text: (row) => short(row.figure.median),
        ...settings,
      });

  draw("burst", "burst.svg", figureBars("calls per second, 5,000 at once (log scale)", { greater: true }));
  draw("burst", "main-thread.svg", (rows) =>
    bars(rows, {
      label: "main-thread microseconds per call in that burst, both pages (log scale)",
      value: (row) => row.cpu?.median,
      text: (row) => short(row.cpu.median),
    }),
  );
  draw("lone", "lone-call.svg", (rows) => ratios(rows, "lone call, times a bare port's (log scale)"));
  draw("stream", "stream.svg", figureBars("stream items per second (log scale)", { greater: true }));
  draw("fanout", "fanout.svg", figureBars("milliseconds for one event to 50 frames (log scale)"));
  draw("connect", "connect.svg", (rows) =>
    ratios(rows, "new frame, connected, first answer: times a bare port's"),
  );
  draw("bytes", "bytes.svg", figureBars("brotli bytes of a page that connects and calls", { log: false }));
  const idleResults = record.results.filter(
    ({ case: name, engine, site }) => name.startsWith("idle-") && engine === "chromium" && site === "cross",
  );
  if (idleResults.some(({ rows }) => rows.some((row) => row.figure))) {
    files.set("idle.svg", idle(idleResults, "microseconds of a lone call (log scale)"));
  }
  return files;
}
