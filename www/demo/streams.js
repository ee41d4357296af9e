import { connect } from "/dist/index.js";
import { milliseconds } from "./lib/crossings.js";
import { find, make, showOutcome } from "./lib/element.js";
import { inspected } from "./lib/inspected.js";
import { origin, page, short } from "./lib/places.js";
import { buildShell } from "./lib/shell.js";
import { followState } from "./lib/spoken.js";

const MIB = 1024 * 1024;
const SIZE = 64 * MIB;
const ITEMS = 20_000;
const FASTEST = 256;

buildShell();
const frame = make("iframe", {
  title: "The writer, on another origin",
  src: page("guest", "frames/writer.html"),
});
find("guest-place").replaceWith(frame);
find("host-origin").textContent = short(location.origin);
find("guest-origin").textContent = short(origin("guest"));

let written = 0;
let taken = 0;
let most = 0;

const channel = await connect(frame, { allowedOrigins: origin("guest"), timeoutMs: 0 });
inspected(channel);
followState(find("state"), channel);
channel.on("written", (bytes) => {
  written = bytes;
  showProgress();
});

find("speed").addEventListener("input", showSpeed);
find("read").addEventListener("click", read);
find("count").addEventListener("click", () => timed("numbers", count));
find("sum").addEventListener("click", () => timed("sum", sum));
find("fail").addEventListener("click", () => timed("failing", fail));
showSpeed();

/** Reads the whole, no faster than the slider says. */
async function read() {
  const leaving = new AbortController();
  find("read").disabled = true;
  find("leave").disabled = false;
  find("leave").onclick = () => leaving.abort();
  [written, taken, most] = [0, 0, 0];
  const start = performance.now();
  try {
    const stream = await channel.remote.blob(SIZE);
    const reader = stream.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      taken += value.byteLength;
      showProgress();
      if (leaving.signal.aborted) {
        await reader.cancel("the reader left");
        break;
      }
      await pause(value.byteLength, leaving.signal);
    }
    const took = performance.now() - start;
    const speed = `${(taken / MIB / (took / 1000)).toFixed(1)} MiB a second`;
    const what = leaving.signal.aborted ? "Left early" : "Read to the end";
    find("told").textContent = `${what}: ${mebibytes(taken)} at ${speed}.`;
  } catch (error) {
    find("told").textContent = `${error.code ?? error.name}: ${error.message}`;
  } finally {
    find("read").disabled = false;
    find("leave").disabled = true;
  }
}

/** Waits as long as a reader of the chosen speed takes for so many bytes. */
function pause(bytes, signal) {
  const perSecond = speed();
  if (perSecond >= FASTEST) return undefined;
  return new Promise((done) => {
    const timer = setTimeout(done, (bytes / MIB / perSecond) * 1000);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      done();
    });
  });
}

async function count() {
  let [items, total] = [0, 0];
  for await (const item of await channel.remote.numbers(ITEMS)) {
    items += 1;
    total += item;
  }
  return `${items.toLocaleString()} items, their sum ${total.toLocaleString()}`;
}

async function sum() {
  async function* numbers() {
    for (let item = 1; item <= ITEMS; item += 1) yield item;
  }
  const total = await channel.remote.sum(numbers());
  return `the frame pulled ${ITEMS.toLocaleString()} items from here: ${total.toLocaleString()}`;
}

async function fail() {
  let items = 0;
  try {
    for await (const _ of await channel.remote.failing(3)) items += 1;
  } catch (error) {
    return `after ${items} items: ${error.name}: ${error.message}`;
  }
  return "nothing failed";
}

async function timed(what, act) {
  const start = performance.now();
  try {
    const text = await act();
    const took = milliseconds(performance.now() - start);
    showOutcome(find("items"), "good", `${what}: ${text}, in ${took}`);
  } catch (error) {
    showOutcome(find("items"), "refused", `${error.code}: ${error.message}`);
  }
}

function showProgress() {
  // The word of what was written travels behind what was written; it never says less than was read.
  const ahead = Math.max(0, written - taken);
  most = Math.max(most, ahead);
  find("written").value = Math.max(written, taken) / SIZE;
  find("taken").value = taken / SIZE;
  find("written-shown").textContent = mebibytes(Math.max(written, taken));
  find("taken-shown").textContent = mebibytes(taken);
  find("ahead").textContent = mebibytes(ahead);
  find("most").textContent = mebibytes(most);
}

/** The slider's speed in MiB a second: from a quarter to as fast as it comes, each step a factor. */
function speed() {
  return 0.25 * (FASTEST / 0.25) ** (Number(find("speed").value) / 100);
}

function showSpeed() {
  const value = speed();
  find("speed-shown").textContent =
    value >= FASTEST ? "as fast as it comes" : `${value.toPrecision(2)} MiB a second`;
}

function mebibytes(bytes) {
  return `${(bytes / MIB).toFixed(bytes < 10 * MIB ? 2 : 1)} MiB`;
}
