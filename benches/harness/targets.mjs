/**
 * What the project promises of itself, as ratios inside one run. Each row reads figures of one engine and site and gives the
 * measured ratio (formed turn by turn, where both have them); `holds` says whether it is kept.
 */
import { greaterIsBetter } from "./cases.mjs";
import { differences, means, ratios, summary } from "./statistics.mjs";

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

/** `aim` is what was hoped for; docs/performance.md shows what stands between it and the limit. */
const atMost = (limit, aim) => ({
  holds: (value) => value <= limit,
  text: aim === undefined ? `<= ${limit}` : `<= ${limit} (aim: ${aim})`,
});
const atLeast = (limit) => ({ holds: (value) => value >= limit, text: `>= ${limit}` });

/**
 * Rows of `{ what, target, ratio, holds }` for what was measured. A row that failed in its case has no ratio but `failed`, and
 * does not hold: nothing drops out of the list by breaking.
 */
export function targets(results, { engine, site, peers, windowBytes }) {
  const rows = [];
  const add = (what, name, ratio, { holds, text }, own = OURS) => {
    const failed = results.get(name)?.get(own)?.failed;
    if (failed) rows.push({ what, target: text, failed, holds: false });
    else if (ratio) rows.push({ what, target: text, ratio, holds: holds(ratio.median) });
  };
  const against = (name, what, limit, reference = "raw", own = OURS) =>
    add(what, name, times(results, name, own, reference), limit, own);
  const chromium = engine === "chromium";

  if (chromium && site === "cross") {
    against("lone", "lone call, times raw", atMost(1.25, 1.1));
    const rival = bestPeer(results, "lone", peers);
    if (rival) against("lone", `lone call, times the best peer (${rival})`, atMost(1.1, 1.02), rival);
    addGap(results, add);
    against("behind", "small call behind one of 8 MiB, times raw", atMost(1.25, 1.1));
    against("connect", "connect to first answer (warm), times raw", atMost(1.25, 1.1));
    addColdCost(results, add);
    against("transfer", "16 MiB there and back, times raw", atMost(1.25, 1.1));
    against("fanout", "one event to 50 frames, times raw", atMost(1.5, 1.1));
    add(
      "stream of small items, times as many as capnweb",
      "stream",
      invert(times(results, "stream", OURS, "capnweb")),
      atLeast(50),
    );
    add(
      "main-thread time per call in the burst, times Penpal's",
      "burst",
      cpuTimes(results, "burst", OURS, "Penpal"),
      atMost(0.1),
    );
    const values = (name, library, of = "values") => results.get(name)?.get(library)?.[of] ?? [];
    const growth = (library, of) => ratios(values("idle-100", library, of), values("idle-1", library, of));
    add(
      "lone call beside 100 idle channels, times beside 1",
      "idle-100",
      summary(growth(OURS)),
      atMost(1.15),
    );
    // A hundred frames take main-thread time of their own: what counts is what the channels add. Both rows of the bare port
    // are the reference, since here each stands on the few processes that it has met.
    const bare = means(growth("raw", "cpu"), growth("raw again", "cpu"));
    add(
      "main-thread time of a lone call beside 100 idle channels, times beside 1, as a share of raw's",
      "idle-100",
      summary(ratios(growth(OURS, "cpu"), bare)),
      atMost(1.15),
    );
    add(
      "64 MiB with a slow reader: bytes between the two, as a share of the credit window",
      "slow-reader",
      summary(values("slow-reader", OURS).map((kib) => (kib * 1024) / windowBytes)),
      atMost(1.1),
    );
    against(
      "memory-host",
      "heap of the host page per idle channel, times Penpal's",
      atMost(2.2, 1),
      "Penpal",
    );
    against("lone", "no-wasm: lone call, times raw", atMost(1.25), "raw", NO_WASM);
    add(
      "no-wasm: burst, share of the wasm entry's",
      "burst",
      invert(times(results, "burst", NO_WASM, OURS)),
      atLeast(0.7),
      NO_WASM,
    );
  }
  const best = bestPeer(results, "burst", peers);
  if (best && site === "cross") {
    const ratio = invert(times(results, "burst", OURS, best));
    const what = `5,000 calls at once, times as many as the best peer (${best})`;
    add(what, "burst", ratio, atLeast(chromium ? 20 : 8));
  }
  return rows;
}

/** Cold adds the making of the core, and the loading of all the script: beside what `raw` pays for being cold. */
function addColdCost(results, add) {
  const rows = results.get("connect-cold");
  add(
    "connect, cold: milliseconds for decoding, compiling and starting the core",
    "connect-cold",
    summary(rows?.get(OURS)?.prepare ?? []),
    atMost(10),
  );
  const more = differences(rows?.get(OURS)?.values ?? [], rows?.get("raw")?.values ?? []);
  add("connect, cold: milliseconds more than raw", "connect-cold", summary(more), atMost(80));
}

/** A task of 50 ms is what the Long Tasks specification calls long: the user feels it. */
function addGap(results, add) {
  const shares = (results.get("gap")?.get(OURS)?.values ?? []).map((ms) => ms / 50);
  const what = "longest wait of other tasks during 5,000 calls at once, of 50 ms";
  add(what, "gap", summary(shares), atMost(1));
}

function cpuTimes(results, name, library, other) {
  const rows = results.get(name);
  const [own, reference] = [rows?.get(library)?.cpu, rows?.get(other)?.cpu];
  return own?.length && reference?.length ? summary(ratios(own, reference)) : undefined;
}
