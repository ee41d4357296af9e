/**
 * The measuring itself: rounds, each with new tabs, one for each library, which take their samples in turns. Gives back the
 * figures by case and library; a library that fails a case is out of that case, with its reason.
 */
import { setTimeout as pause } from "node:timers/promises";
import { openTab } from "./browser.mjs";
import { figure } from "./cases.mjs";
import { pagesMemory, reading, spent } from "./processes.mjs";
import { rotated } from "./statistics.mjs";

/** Above this share of the machine taken by other programs a sample is taken again. */
const MAX_OTHERS = 0.1;
const SETTLE_MS = 30;
/** A sample of this length is warm before its end: it counts, and is the only one of its round. */
const LONG_MS = 3_000;
const HEAP_READINGS = 6;
const HEAP_PAUSE_MS = 300;

export class Measurement {
  constructor({ browser, site, server, rounds, log }) {
    Object.assign(this, { browser, site, server, rounds, log });
    /** case -> library -> { values, cpu, prepare, failed } */
    this.results = new Map();
    this.others = [];
  }

  row(name, library) {
    if (!this.results.has(name)) this.results.set(name, new Map());
    const rows = this.results.get(name);
    if (!rows.has(library.name)) rows.set(library.name, { values: [], cpu: [], prepare: [] });
    return rows.get(library.name);
  }

  open(library, page, frames, round, stamp) {
    return openTab(this.browser, this.server.host(page, library, this.site, round, stamp), frames);
  }

  /** One tab per library; libraries that cannot connect are noted and left out. */
  async tabs(name, libraries, page, frames, round) {
    const tabs = new Map();
    for (const library of libraries) {
      try {
        tabs.set(library, await this.open(library, page, frames, round));
      } catch (error) {
        this.fail(name, library, error);
      }
    }
    return tabs;
  }

  fail(name, library, error) {
    if (!this.browser.puppeteer.connected) throw new Error(`${this.browser.name} is gone`, { cause: error });
    this.row(name, library).failed = error.message.split("\n")[0];
    this.log(`  ${library.name}, ${name}: ${error.message.split("\n")[0]}`);
  }

  /** One round of a case over open tabs: a sample each to warm up, then the case's samples in turns. */
  async play(test, tabs, round, { warmUp = true } = {}) {
    const { name, warmUpMs = test.minMs, samples = 1 } = test;
    const playing = new Map(
      [...tabs].filter(([library]) => !(name in library.lacks) && !this.row(name, library).failed),
    );
    if (warmUp) {
      for (const [library, tab] of playing) {
        const sample = await this.take({ ...test, minMs: warmUpMs }, name, library, tab, playing);
        if (sample && sample.ms >= LONG_MS) {
          this.keep(test, name, library, round * samples, sample);
          playing.delete(library);
        }
      }
    }
    for (let index = round * samples; index < (round + 1) * samples; index++) {
      for (const [library, tab] of rotated([...playing], index)) {
        if (!playing.has(library)) continue;
        const sample = await this.take(test, name, library, tab, playing);
        if (sample) this.keep(test, name, library, index, sample);
      }
    }
  }

  /** What a sample gives its row. */
  keep(test, name, library, index, sample) {
    const row = this.row(name, library);
    row.values[index] = test.value?.(sample) ?? figure(test.unit, sample.ms / sample.operations);
    if (test.cpu && sample.cpu) {
      row.cpu[index] = (sample.cpu.mainThreads * 1_000) / (sample.operations + (sample.uncounted ?? 0));
    }
    if (sample.prepareMs !== undefined) row.prepare[index] = sample.prepareMs;
    if (sample.moved === false) row.note = "copied, not moved";
  }

  /** One sample, once more when other programs took a tenth of the machine meanwhile. */
  async take(test, name, library, tab, playing) {
    try {
      const sample = await this.once(test, tab);
      if ((sample.cpu?.others ?? 0) <= MAX_OTHERS) return sample;
      return await this.once(test, tab);
    } catch (error) {
      this.fail(name, library, error);
      playing.delete(library);
      return undefined;
    }
  }

  async once(test, tab) {
    await tab.front();
    await pause(SETTLE_MS);
    const minMs = test.minMs * (this.browser.name === "firefox" ? 2 : 1);
    const before = reading(this.browser.pid);
    let ms = 0;
    let operations = 0;
    let last;
    for (let turn = 0; turn < (test.repeat ?? 1); turn++) {
      last = await tab.sample(test.sample, { minMs, ...test.options });
      ms += last.ms;
      operations += last.operations;
    }
    const cpu = spent(before, reading(this.browser.pid));
    if (cpu) this.others.push(cpu.others);
    return { ...last, ms, operations, cpu };
  }

  /** The cases that need no more than one connected frame. */
  async calls(tests, libraries) {
    if (tests.length === 0) return;
    const roundsOf = ({ often = 1 }) => this.rounds * often;
    for (let round = 0; round < Math.max(...tests.map(roundsOf)); round++) {
      const playing = tests.filter((test) => round < roundsOf(test));
      this.log(`  round ${round + 1}: ${playing.map(({ name }) => name).join(", ")}`);
      const tabs = await this.tabs("connect", libraries, "host.html", 1, round);
      for (const test of playing) await this.play(test, tabs, round);
      await close(tabs);
    }
  }

  /** Each sample on a page that has loaded nothing of the library yet. */
  async cold(test, libraries) {
    this.log(`  ${test.title}`);
    const tabs = await this.tabs(test.name, libraries, "cold.html", 0, 0);
    for (let round = 0; round < this.rounds; round++) {
      const fresh = [...tabs].map(([library, tab]) => [
        library,
        {
          front: () => tab.front(),
          sample: async () => {
            await tab.show(this.server.host("cold.html", library, this.site, 0, String(round + 1)), 0);
            await pause(SETTLE_MS);
            return tab.sample();
          },
        },
      ]);
      await this.play(test, new Map(fresh), round, { warmUp: false });
    }
    await close(tabs);
  }

  async fanout(test, libraries) {
    this.log(`  ${test.title}`);
    for (let round = 0; round < this.rounds; round += test.every) {
      const tabs = await this.tabs(test.name, libraries, "host.html", test.frames, round);
      await this.play(test, tabs, round);
      await close(tabs);
    }
  }

  /** One page after the other, each measured while it is made to have more and more channels. */
  async idle(test, libraries) {
    this.log(`  ${test.title}`);
    const steps = test.beside.map((beside) => ({ ...test, beside, name: `${test.name}-${beside}` }));
    for (let round = 0; round < this.rounds; round++) {
      for (const library of rotated(libraries, round)) {
        if (this.row(steps[0].name, library).failed) continue;
        const tabs = new Map();
        try {
          const tab = await this.open(library, "host.html", 1, round);
          tabs.set(library, tab);
          for (const step of steps) {
            await tab.grow(1 + step.beside);
            await this.play(step, tabs, round);
          }
        } catch (error) {
          this.fail(steps[0].name, library, error);
        }
        await close(tabs);
      }
    }
  }

  /** What one more connected frame costs the pages of the browser, the frame itself included. */
  async memory(test, libraries) {
    this.log(`  ${test.title}`);
    for (const library of libraries) {
      try {
        // What an engine makes once for a script that runs more often than once is no channel's.
        const tab = await this.open(library, "host.html", 1 + test.before, 0);
        const heap = await this.settledHeap(tab);
        const memory = pagesMemory(this.browser.pid);
        await tab.grow(1 + test.before + test.frames);
        const after = await this.settledHeap(tab);
        const row = this.row(test.name, library);
        row.values.push((pagesMemory(this.browser.pid) - memory) / 1024 / test.frames);
        if (heap !== undefined) {
          this.row(`${test.name}-host`, library).values.push((after - heap) / 1024 / test.frames);
        }
        await tab.close();
      } catch (error) {
        this.fail(test.name, library, error);
      }
    }
  }

  /**
   * Bytes of the host page's heap, buffers and wasm memories included, when the page has settled; only Chromium tells. The
   * least of some readings: what objects of the browser leave goes at a second collection, and timers leave some anew.
   */
  async settledHeap(tab) {
    if (this.browser.name !== "chromium") {
      await pause(HEAP_PAUSE_MS);
      return undefined;
    }
    const session = await tab.page.createCDPSession();
    let least = Infinity;
    for (let reading = 0; reading < HEAP_READINGS; reading++) {
      await session.send("HeapProfiler.collectGarbage");
      await pause(HEAP_PAUSE_MS);
      const { usedSize, embedderHeapUsedSize, backingStorageSize } =
        await session.send("Runtime.getHeapUsage");
      least = Math.min(least, usedSize + embedderHeapUsedSize + backingStorageSize);
    }
    await session.detach();
    return least;
  }
}

async function close(tabs) {
  for (const tab of tabs.values()) await tab.close().catch(() => {});
}
