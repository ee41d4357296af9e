/** CPU profiles of one case in Chromium, host and guest page each: where the time goes, function by function. */
import { mkdirSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { launch, openTab } from "./browser.mjs";
import { scriptFiles } from "./bundle.mjs";
import { cases } from "./cases.mjs";
import { table } from "./format.mjs";
import { serve } from "./server.mjs";

const FOLDER = new URL("../profiles/", import.meta.url);
const PROFILED_MS = 2_000;
const SHOWN = 40;

/** Profiles the chosen rows; writes `.cpuprofile` files that DevTools opens, and prints the hottest functions. */
export async function profile({ profile: name, only, libraries }, { log }) {
  const test = cases.find((other) => other.name === name);
  const rows = only === "" ? libraries.filter(({ kind }) => kind === "ours") : libraries;
  mkdirSync(FOLDER, { recursive: true });
  const server = await serve(await scriptFiles(rows, { minify: false }));
  const browser = await launch("chromium");
  try {
    for (const library of rows) {
      const tab = await openTab(browser, server.host("host.html", library, "cross", 0), test.frames ?? 1);
      await tab.sample(test.sample, { minMs: 300, ...test.options });
      const sessions = await bothPages(tab);
      for (const session of sessions) {
        await session.send("Profiler.enable");
        await session.send("Profiler.setSamplingInterval", { interval: 100 });
        await session.send("Profiler.start");
      }
      const { ms, operations } = await tab.sample(test.sample, { minMs: PROFILED_MS, ...test.options });
      log(
        `\n${library.name}, ${name}: ${((ms * 1_000) / operations).toFixed(2)} us an operation, ${operations} operations`,
      );
      for (const [index, session] of sessions.entries()) {
        const { profile: taken } = await session.send("Profiler.stop");
        const side = index === 0 ? "host" : "guest";
        writeFileSync(new URL(`${library.module}-${name}-${side}.cpuprofile`, FOLDER), JSON.stringify(taken));
        log(`\n${side}\n${hottest(taken, operations)}`);
      }
      await tab.close();
    }
  } finally {
    await browser.close();
    server.close();
  }
}

/** DevTools sessions of the host page and of the first guest frame's process. */
async function bothPages(tab) {
  const host = await tab.page.createCDPSession();
  for (let tries = 0; tries < 50; tries++) {
    const frame = tab.page
      .frames()
      .find((other) => other !== tab.page.mainFrame() && other.url().includes("guest"));
    if (frame?.client && frame.client !== tab.page.mainFrame().client) return [host, frame.client];
    await pause(20);
  }
  return [host];
}

/** Self time by function, in microseconds per operation. */
function hottest({ nodes, samples, timeDeltas }, operations) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const spent = new Map();
  samples.forEach((id, index) => {
    const { functionName, url, lineNumber } = byId.get(id).callFrame;
    const place = url ? `${url.split("/").at(-1).split("?")[0]}:${lineNumber + 1}` : "";
    const key = `${functionName || "(anonymous)"}|${place}`;
    spent.set(key, (spent.get(key) ?? 0) + timeDeltas[index]);
  });
  const total = [...spent].reduce((sum, [key, us]) => sum + (key.startsWith("(idle)") ? 0 : us), 0);
  const rows = [...spent]
    .sort((one, other) => other[1] - one[1])
    .slice(0, SHOWN)
    .map(([key, us]) => [
      ...key.split("|"),
      (us / operations).toFixed(3),
      `${((100 * us) / total).toFixed(1)} %`,
    ]);
  return table(["function", "place", "us per operation", "of busy time"], rows);
}
