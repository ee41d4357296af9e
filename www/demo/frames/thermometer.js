import { connect, release } from "/dist/index.js";
import { find, showState } from "../lib/element.js";
import { origin } from "../lib/places.js";
import { speaker } from "../lib/spoken.js";

const say = speaker(find("spoken"), 4);

const STEPS = 10;
const STEP_MS = 400;

/** The page's functions that want to be told, with their limits. */
const watches = new Map();

const channel = await connect(window.parent, {
  allowedOrigins: origin("host"),
  timeoutMs: 0,
  methods: {
    watch(limit, tell) {
      watches.set(tell, limit);
      showHeld();
      return () => {
        watches.delete(tell);
        release(tell);
        showHeld();
      };
    },
    counter() {
      let total = 0;
      return {
        add(amount) {
          total += amount;
          return total;
        },
        value: () => total,
      };
    },
    async search(words, { signal, step }) {
      signal.addEventListener("abort", () => say(`aborted: ${signal.reason?.message ?? signal.reason}`));
      for (let done = 1; done <= STEPS; done += 1) {
        await pause(STEP_MS, signal);
        await step(done);
      }
      release(step);
      return `found "${words}" after ${STEPS} steps`;
    },
  },
});
showState(find("state"), channel.state);
channel.onStateChange((state) => {
  showState(find("state"), state);
  // A page that came back brings new functions; the old ones can only fail.
  if (state !== "open") watches.clear();
  showHeld();
});

find("set").addEventListener("input", measure);
measure();
setInterval(() => {
  if (document.visibilityState !== "visible") return;
  find("set").valueAsNumber += (Math.random() - 0.5) * 0.8;
  measure();
}, 1_000);

function measure() {
  const degrees = find("set").valueAsNumber;
  find("degrees").textContent = `${degrees.toFixed(1)} °C`;
  for (const [tell, limit] of watches) {
    if (degrees > limit) tell(degrees).catch((error) => say(error.message));
  }
}

function pause(ms, signal) {
  return new Promise((done, fail) => {
    if (signal.aborted) fail(signal.reason);
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      fail(signal.reason);
    });
  });
}

function showHeld() {
  find("held").textContent = String(watches.size);
}
