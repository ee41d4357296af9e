/** CPU time from /proc: of a browser's processes, of its pages' main threads, of everybody. Linux only; elsewhere empty. */
import { readdirSync, readFileSync } from "node:fs";

const TICK_MS = 10;

const read = (path) => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // The process ended meanwhile.
  }
};

/** Parent and CPU milliseconds of every process. */
function processTable() {
  const table = new Map();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = read(`/proc/${entry}/stat`);
    if (stat === "") continue;
    // The name in brackets may hold anything, so the fields are counted from behind it.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    table.set(Number(entry), {
      parent: Number(fields[1]),
      ms: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
    });
  }
  return table;
}

function descendants(table, root) {
  const found = new Set([root]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const [id, { parent }] of table) {
      if (!found.has(id) && found.has(parent)) {
        found.add(id);
        grown = true;
      }
    }
  }
  return found;
}

/** Whether a process runs pages: Chromium's renderers, Firefox's content processes. */
const pages = new Set();
function runsPages(id) {
  if (pages.has(id)) return true;
  const command = read(`/proc/${id}/cmdline`);
  // Firefox' fork server renames its children, so a process that runs no pages yet may do so later.
  if (!command.includes("--type=renderer") && !/-contentproc.*[\0 ]tab[\0 ]*$/s.test(command)) return false;
  pages.add(id);
  return true;
}

/** CPU milliseconds of a process' main thread, to the nanosecond where the kernel tells. */
function mainThreadMs(id) {
  const precise = read(`/proc/${id}/task/${id}/schedstat`);
  if (precise !== "") return Number(precise.split(" ")[0]) / 1e6;
  const stat = read(`/proc/${id}/task/${id}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** All that can be read now, for `spent` between two of them. */
export function reading(browser) {
  if (process.platform !== "linux") return undefined;
  const table = processTable();
  const ours = descendants(table, process.pid);
  const tree = descendants(table, browser);
  const mains = new Map([...tree].filter(runsPages).map((id) => [id, mainThreadMs(id)]));
  const [, ...machine] = read("/proc/stat").split("\n")[0].trim().split(/\s+/).map(Number);
  const all = machine.slice(0, 8).reduce((sum, ticks) => sum + ticks, 0) * TICK_MS;
  const idle = (machine[3] + machine[4]) * TICK_MS;
  return { table, ours, tree, mains, all, busy: all - idle };
}

/** What ran between two readings, in CPU milliseconds; `others` is the share of the machine that strangers took. */
export function spent(before, after) {
  if (!before || !after) return undefined;
  const sum = (ids) => {
    let ms = 0;
    for (const id of ids) ms += (after.table.get(id)?.ms ?? 0) - (before.table.get(id)?.ms ?? 0);
    return ms;
  };
  let mainThreads = 0;
  for (const [id, ms] of after.mains) mainThreads += ms - (before.mains.get(id) ?? 0);
  const all = after.all - before.all;
  const others = all > 0 ? Math.max(0, after.busy - before.busy - sum(after.ours)) / all : 0;
  return { mainThreads, browser: sum(after.tree), others };
}

/** Bytes of memory that only the pages of this browser use, summed over their processes. */
export function pagesMemory(browser) {
  let bytes = 0;
  for (const id of descendants(processTable(), browser)) {
    if (!runsPages(id)) continue;
    for (const [, kib] of read(`/proc/${id}/smaps_rollup`).matchAll(
      /^Private_(?:Clean|Dirty):\s+(\d+) kB/gm,
    )) {
      bytes += Number(kib) * 1024;
    }
  }
  return bytes;
}
