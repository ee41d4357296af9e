/**
 * What the pages of the browser do during one case, by Chromium's own trace: milliseconds of an operation by kind of work, of the
 * main threads of all pages together. For cases whose time is the engine's, such as loading a frame.
 */
import { launch, openTab } from "./browser.mjs";
import { scriptFiles } from "./bundle.mjs";
import { cases } from "./cases.mjs";
import { table } from "./format.mjs";
import { serve } from "./server.mjs";

const WARM_UPS = 5;
const SAMPLES = 30;
const SHOWN = 20;
const CATEGORIES = [
  "devtools.timeline",
  "v8",
  "v8.wasm",
  "blink",
  "loading",
  "toplevel",
  "disabled-by-default-v8.compile",
];

export async function trace({ trace: name, libraries }, { log }) {
  const test = cases.find((other) => other.name === name);
  const server = await serve(await scriptFiles(libraries));
  const browser = await launch("chromium");
  try {
    const kinds = new Map();
    const totals = [];
    for (const [index, library] of libraries.entries()) {
      const tab = await openTab(browser, server.host("host.html", library, "cross", 0), test.frames ?? 1);
      await tab.front();
      const sample = () => tab.sample(test.sample, { minMs: test.minMs, ...test.options });
      for (let n = 0; n < WARM_UPS; n++) await sample();
      await tab.page.tracing.start({ categories: CATEGORIES });
      let ms = 0;
      let operations = 0;
      for (let n = 0; n < SAMPLES; n++) {
        const taken = await sample();
        ms += taken.ms;
        operations += taken.operations;
      }
      const { traceEvents } = JSON.parse(Buffer.from(await tab.page.tracing.stop()).toString());
      await tab.close();
      for (const [kind, us] of selfTimes(traceEvents)) {
        if (!kinds.has(kind))
          kinds.set(
            kind,
            libraries.map(() => 0),
          );
        kinds.get(kind)[index] = us / 1_000 / operations;
      }
      totals.push(ms / operations);
      log(`${library.name}: ${(ms / operations).toFixed(2)} ms`);
    }
    const ranked = [...kinds].sort((one, other) => Math.max(...other[1]) - Math.max(...one[1]));
    const others = libraries.map((_, at) => ranked.slice(SHOWN).reduce((sum, [, each]) => sum + each[at], 0));
    const rows = [
      ...ranked.slice(0, SHOWN),
      ["everything else", others],
      ["from the first step to the answer", totals],
    ];
    const text = rows.map(([kind, each]) => [kind, ...each.map((ms) => ms.toFixed(2))]);
    log(`\n${browser.version}, ${name}, ms an operation`);
    log(table(["work", ...libraries.map((library) => library.name)], text));
  } finally {
    await browser.close();
    server.close();
  }
}

/** Microseconds by name of event on renderers' main threads, without what runs inside it. */
function selfTimes(events) {
  const mains = new Set(
    events
      .filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain")
      .map(({ pid, tid }) => `${pid}/${tid}`),
  );
  const threads = new Map();
  for (const event of events) {
    const thread = `${event.pid}/${event.tid}`;
    if (event.ph !== "X" || !mains.has(thread)) continue;
    if (!threads.has(thread)) threads.set(thread, []);
    threads.get(thread).push(event);
  }
  const times = new Map();
  const add = (name, us) => times.set(name, (times.get(name) ?? 0) + us);
  for (const list of threads.values()) {
    list.sort((one, other) => one.ts - other.ts || other.dur - one.dur);
    const open = [];
    for (const event of list) {
      while (open.length > 0 && open.at(-1).ts + open.at(-1).dur <= event.ts) open.pop();
      add(event.name, event.dur);
      if (open.length > 0) add(open.at(-1).name, -event.dur);
      open.push(event);
    }
  }
  return times;
}
