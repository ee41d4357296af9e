import { connect, release } from "/dist/index.js";
import { milliseconds } from "./lib/crossings.js";
import { find, make, showOutcome } from "./lib/element.js";
import { inspected } from "./lib/inspected.js";
import { origin, page, short } from "./lib/places.js";
import { buildShell } from "./lib/shell.js";
import { followState } from "./lib/spoken.js";

buildShell();
const frame = make("iframe", {
  title: "A thermometer, on another origin",
  src: page("guest", "frames/thermometer.html"),
});
find("guest-place").replaceWith(frame);
find("host-origin").textContent = short(location.origin);
find("guest-origin").textContent = short(origin("guest"));

const channel = await connect(frame, { allowedOrigins: origin("guest"), timeoutMs: 0 });
inspected(channel);
followState(find("state"), channel);

find("watch").addEventListener("submit", (event) => {
  event.preventDefault();
  watch(Number(find("limit").value));
});
find("make").addEventListener("click", takeCounter);
find("search").addEventListener("click", () => search({ patienceMs: 0 }));
find("impatient").addEventListener("click", () => search({ patienceMs: 500 }));

async function watch(limit) {
  const heard = make("strong", {}, "nothing yet");
  const end = make("button", {}, "Stop");
  const row = make("li", { class: "row apart" }, make("span", {}, `above ${limit} °C: `, heard), end);
  find("watches").append(row);
  const tell = (degrees) => {
    heard.textContent = `${degrees.toFixed(1)} °C`;
  };
  const stop = await channel.remote.watch(limit, tell);
  end.addEventListener("click", async () => {
    end.disabled = true;
    await stop();
    release(stop);
    row.remove();
  });
}

async function takeCounter() {
  const counter = await channel.remote.counter();
  const buttons = ["add", "value", "release"].map(find);
  for (const button of buttons) button.disabled = false;
  find("make").disabled = true;
  showOutcome(find("counted"), "good", "A counter, at 0.");
  find("add").onclick = () => tryOut("add(5)", () => counter.add(5));
  find("value").onclick = () => tryOut("value()", () => counter.value());
  find("release").onclick = () => {
    release(counter.add);
    release(counter.value);
    for (const button of buttons) button.disabled = true;
    find("make").disabled = false;
    showOutcome(find("counted"), "", "Released: the frame has freed its two functions.");
  };
}

async function tryOut(what, call) {
  showOutcome(find("counted"), "good", `${what} gives ${await call()}`);
}

async function search({ patienceMs }) {
  const givingUp = new AbortController();
  const signal = patienceMs
    ? (AbortSignal.any?.([givingUp.signal, AbortSignal.timeout(patienceMs)]) ??
      AbortSignal.timeout(patienceMs))
    : givingUp.signal;
  find("progress").value = 0;
  find("search").disabled = true;
  find("abort").disabled = false;
  find("abort").onclick = () => givingUp.abort(new DOMException("the visitor gave up", "AbortError"));
  const start = performance.now();
  try {
    const found = await channel.remote.search("needle", {
      signal,
      step: (step) => (find("progress").value = step),
    });
    showOutcome(find("found"), "good", found);
  } catch (error) {
    const text = `${error.code ?? error.name}: ${error.message}`;
    showOutcome(find("found"), "refused", `${text} (after ${milliseconds(performance.now() - start)})`);
  } finally {
    find("search").disabled = false;
    find("abort").disabled = true;
  }
}
