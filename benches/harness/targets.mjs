/**
 * What the project promises of itself, as ratios inside one run. Each row reads figures of one engine and site and gives the
 * measured ratio (rounds inside, where both have them); `holds` says whether it is kept.
 */
import { greaterIsBetter } from "./cases.mjs";
import { ratios, summary } from "./statistics.mjs";

const OURS = "portcullis";
const NO_WASM = "portcullis/no-wasm";

/** Times as long as the other library, round by round. */
function times(results, name, library, other) {
  const rows = results.get(name);
  const [own, reference] = [rows?.get(library)?.values, rows?.get(other)?.values];
  if (!own?.length || !reference?.length) return undefined;
  const unit = results.units.get(name);
  return summary(greaterIsBetter(unit) ? ratios(reference, own) : ratios(own, reference));
}

/** Of all peers the one with the best median, by case. */
function bestPeer(results, name, peers) {
  const unit = results.units.get(name);
  if (unit === undefined) return undefined;
  const rows = [...results.get(name)].filter(
    ([library, { values }]) => peers.includes(library) && values.length > 0,
  );
  const ranked = rows
    .map(([library, { values }]) => [library, summary(values).median])
    .sort((one, other) => one[1] - other[1]);
  return (greaterIsBetter(unit) ? ranked.at(-1) : ranked[0])?.[0];
}

const invert = (ratio) =>
  ratio && {
    median: 1 / ratio.median,
    low: 1 / ratio.high,
    high: 1 / ratio.low,
    min: 1 / ratio.max,
    max: 1 / ratio.min,
  };

const atMost = (limit) => ({ holds: (value) => value <= limit, text: `<= ${limit}` });
const atLeast = (limit) => ({ holds: (value) => value >= limit, text: `>= ${limit}` });

/** Rows of `{ what, target, ratio, holds }`, for the figures there are. */
export function targets(results, { engine, site, peers, windowBytes }) {
  const rows = [];
  const add = (what, ratio, { holds, text }) => {
    if (ratio) rows.push({ what, target: text, ratio, holds: holds(ratio.median) });
  };
  const against = (name, what, limit, reference = "raw", own = OURS) =>
    add(what, times(results, name, own, reference), atMost(limit));
  const chromium = engine === "chromium";

  if (chromium && site === "cross") {
    against("lone", "lone call, times raw", 1.1);
    const rival = bestPeer(results, "lone", peers);
    if (rival) against("lone", `lone call, times the best peer (${rival})`, 1.02, rival);
    addGap(results, add);
    against("behind", "small call behind one of 8 MiB, times raw", 1.1);
    against("connect", "connect to first answer (warm), times raw", 1.1);
    addColdCost(results, add);
    against("transfer", "16 MiB there and back, times raw", 1.1);
    against("fanout", "one event to 50 frames, times raw", 1.1);
    add(
      "stream of small items, times as many as capnweb",
      invert(times(results, "stream", OURS, "capnweb")),
      atLeast(50),
    );
    add(
      "main-thread time per call in the burst, times Penpal's",
      cpuTimes(results, "burst", OURS, "Penpal"),
      atMost(0.1),
    );
    const idle = [results.get("idle-100")?.get(OURS)?.values, results.get("idle-1")?.get(OURS)?.values];
    if (idle[0]?.length && idle[1]?.length) {
      add(
        "lone call beside 100 idle channels, times beside 1",
        summary(ratios(idle[0], idle[1])),
        atMost(1.15),
      );
    }
    const buffered = results.get("slow-reader")?.get(OURS)?.values;
    if (buffered?.length) {
      const shares = summary(buffered.map((kib) => (kib * 1024) / windowBytes));
      add(
        "64 MiB with a slow reader: bytes between the two, as a share of the credit window",
        shares,
        atMost(1.1),
      );
    }
    const heap = results.get("memory-host");
    if (heap?.get(OURS)?.values.length && heap.get("Penpal")?.values.length) {
      add(
        "heap of the host page per idle channel, times Penpal's",
        times(results, "memory-host", OURS, "Penpal"),
        atMost(1),
      );
    }
    against("lone", "no-wasm: lone call, times raw", 1.25, "raw", NO_WASM);
    add(
      "no-wasm: burst, share of the wasm entry's",
      invert(times(results, "burst", NO_WASM, OURS)),
      atLeast(0.7),
    );
  }
  const best = bestPeer(results, "burst", peers);
  if (best && site === "cross") {
    const ratio = invert(times(results, "burst", OURS, best));
    add(`5,000 calls at once, times as many as the best peer (${best})`, ratio, atLeast(chromium ? 20 : 8));
  }
  return rows;
}

/** Cold adds the compilation of the module: its cost beside what `raw` pays for being cold. */
function addColdCost(results, add) {
  const rows = results.get("connect-cold");
  const [own, raw] = [rows?.get(OURS)?.values, rows?.get("raw")?.values];
  if (!own?.length || !raw?.length) return;
  add(
    "connect, cold: milliseconds more than raw",
    summary(own.map((ms, round) => ms - raw[round])),
    atMost(10),
  );
}

/** A task of 50 ms is what the Long Tasks specification calls long: the user feels it. */
function addGap(results, add) {
  const own = results.get("gap")?.get(OURS)?.values;
  if (own?.length)
    add(
      "longest wait of other tasks during 5,000 calls at once, of 50 ms",
      summary(own.map((ms) => ms / 50)),
      atMost(1),
    );
}

function cpuTimes(results, name, library, other) {
  const rows = results.get(name);
  const [own, reference] = [rows?.get(library)?.cpu, rows?.get(other)?.cpu];
  return own?.length && reference?.length ? summary(ratios(own, reference)) : undefined;
}
