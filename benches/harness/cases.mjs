/**
 * The cases. `unit` is what a figure says; `options` go to the sample in the page; `samples` is how many a round has: more where
 * they are short and neighbours differ. `warmUpMs` is how long the sample lasts that does not count, if longer than others.
 * `every: 2` takes every second round only, where each row has a tab of many frames at once; `often: 3` goes on for three times as
 * many, where it matters most which processes were met. A ratio is always "times as long (or as much) as the reference", so
 * smaller is better everywhere.
 */
const MiB = 1024 * 1024;

export const cases = [
  {
    name: "lone",
    title: "Lone call with a number",
    sample: "lone",
    unit: "us",
    minMs: 100,
    warmUpMs: 1_000,
    samples: 3,
    often: 3,
    cpu: true,
  },
  { name: "lone-1k", title: "Lone call with a 1 KB object", sample: "loneObject", unit: "us", minMs: 100 },
  {
    name: "burst",
    title: "5,000 calls at once",
    sample: "burst",
    unit: "calls/s",
    minMs: 400,
    samples: 3,
    cpu: true,
    options: { calls: 5_000 },
  },
  {
    name: "gap",
    title: "Longest wait of other tasks during 5,000 calls at once",
    sample: "gap",
    unit: "ms",
    minMs: 0,
    value: ({ longestMs }) => longestMs,
    options: { calls: 5_000 },
  },
  {
    name: "behind",
    title: "Small call behind one of 8 MiB",
    sample: "behind",
    unit: "ms",
    minMs: 0,
    samples: 3,
    options: { bytes: 8 * MiB },
  },
  {
    name: "connect",
    title: "Connect to first answer, warm",
    sample: "reconnect",
    unit: "ms",
    minMs: 0,
    repeat: 3,
    samples: 2,
  },
  { name: "connect-cold", title: "Connect to first answer, cold", unit: "ms", tab: "cold" },
  {
    name: "transfer",
    title: "16 MiB there and back",
    sample: "swap",
    unit: "ms",
    minMs: 60,
    samples: 2,
    options: { bytes: 16 * MiB },
  },
  {
    name: "stream",
    title: "Stream of 20,000 small items",
    sample: "stream",
    unit: "items/s",
    minMs: 60,
    options: { items: 20_000 },
  },
  {
    name: "slow-reader",
    title: "64 MiB in 64 KiB chunks, slow reader",
    sample: "slowReader",
    unit: "KiB",
    minMs: 0,
    value: ({ peakBytes }) => peakBytes / 1024,
    options: { chunks: 1_024, bytes: 64 * 1024 },
  },
  {
    name: "fanout",
    title: "One event to 50 frames",
    sample: "fanout",
    unit: "ms",
    minMs: 300,
    samples: 3,
    every: 2,
    tab: "fanout",
    frames: 50,
  },
  {
    name: "idle",
    title: "Lone call beside idle channels",
    unit: "us",
    sample: "lone",
    minMs: 150,
    warmUpMs: 1_000,
    samples: 3,
    cpu: true,
    tab: "idle",
    beside: [1, 20, 100],
  },
  { name: "memory", title: "Memory per idle channel", unit: "KiB", tab: "memory", before: 20, frames: 100 },
  { name: "bytes", title: "Bytes of a page that connects and calls", unit: "bytes", tab: "none" },
];

/** Milliseconds of one operation as the case's figure. */
export function figure(unit, msEach) {
  switch (unit) {
    case "us":
      return msEach * 1_000;
    case "calls/s":
    case "items/s":
      return 1_000 / msEach;
    default:
      return msEach;
  }
}

/** Whether a greater figure is the better one. */
export const greaterIsBetter = (unit) => unit.endsWith("/s");
