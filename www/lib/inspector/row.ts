import { element, size } from "./dom.js";
import type { InspectedEvent } from "./inspection.js";

/** Characters of a value that a row shows; the export has more. */
const VALUE = 240;

const WAYS: Record<InspectedEvent["kind"], string> = {
  out: "→ out",
  in: "← in",
  refused: "⊘ refused",
  dropped: "⊘ dropped",
  state: "● state",
};

/** A new row for an entry; what may change later is filled in by {@link updateRow}. */
export function rowOf(entry: InspectedEvent, start: number): HTMLTableRowElement {
  const { kind, frame = "", method, origin, channel, reason, bytes, live, value, at } = entry;
  const what = element("td", { className: "what" });
  if (kind === "state") what.append(element("code", { className: "who" }, origin || "a port"));
  if (method) what.append(element("code", {}, method));
  if (live) what.append(element("span", { className: "live" }, `with ${[...new Set(live)].join(", ")}`));
  if (reason) what.append(element("span", { className: "why" }, reason));
  if (value !== undefined) {
    const text = value.length > VALUE ? `${value.slice(0, VALUE - 1)}…` : value;
    what.append(element("span", { className: "value" }, text));
  }
  const peer = [origin.replace(/^https?:\/\//, "") || "port", channel].filter(Boolean).join(" ");
  const row = element("tr");
  row.dataset["kind"] = kind;
  row.append(
    element("td", { className: "time" }, `${((at - start) / 1000).toFixed(3)} s`),
    element("td", { className: "way" }, WAYS[kind]),
    element("td", {}, kind === "refused" || kind === "dropped" ? "message" : frame),
    element("td", { className: "peer" }, peer),
    what,
    element("td", { className: "number" }),
    element("td", { className: "number" }, bytes === undefined ? "" : size(bytes)),
    element("td", { className: "fate" }),
  );
  // Who was refused is the point of a refusal, also where there is one channel only.
  if (kind === "refused" || kind === "dropped") {
    what.prepend(element("code", { className: "who" }, origin || "a message"));
  }
  return row;
}

/** Writes what has become of the entry. */
export function updateRow(row: HTMLTableRowElement, entry: InspectedEvent): void {
  const { fate = "", latencyMs } = entry;
  const { cells } = row;
  const last = cells[cells.length - 1];
  if (!last || (row.dataset["look"] !== undefined && last.textContent === fate)) return;
  last.textContent = fate;
  row.dataset["look"] = lookOf(fate);
  const latency = cells[cells.length - 3];
  if (latency && latencyMs !== undefined) latency.textContent = milliseconds(latencyMs);
}

function lookOf(fate: string): string {
  if (fate.includes("/") || fate === "refused" || fate === "dropped") return "bad";
  if (fate === "answered") return "good";
  return fate === "waiting" ? "wait" : "calm";
}

/** A duration, short. */
function milliseconds(value: number): string {
  if (value < 10) return `${value.toFixed(2)} ms`;
  return value < 10_000 ? `${Math.round(value)} ms` : `${(value / 1_000).toFixed(1)} s`;
}
