// A page, and with `?host=` its frame, for what only a driver can do to them: suites/away.mjs.

import { connect } from "/dist/index.js";

const HEARTBEAT_MS = 1_000;
const host = new URLSearchParams(location.search).get("host");

if (host) {
  let finish;
  connect(parent, {
    allowedOrigins: host,
    heartbeatMs: HEARTBEAT_MS,
    methods: {
      here: () => performance.timeOrigin,
      slow: () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
      finish: (value) => finish(value),
    },
  });
}

const uncaught = [];
addEventListener("error", ({ message }) => uncaught.push(message));
addEventListener("unhandledrejection", ({ reason }) => uncaught.push(String(reason)));
/** For each time the page was shown, whether it had been kept. */
const shown = [];
addEventListener("pageshow", ({ persisted }) => shown.push(persisted));

const states = [];
let frame;
let channel;
let outcome;

/** What the driver calls. */
window.away = {
  /** Puts the frame in, connects, and makes a call that the frame sits on. */
  async begin(guest) {
    frame = document.createElement("iframe");
    frame.src = `${guest}${location.pathname}?host=${location.origin}`;
    document.body.append(frame);
    channel = await connect(frame, {
      allowedOrigins: guest,
      heartbeatMs: HEARTBEAT_MS,
      callTimeoutMs: 0,
      timeoutMs: 0,
    });
    channel.onStateChange((state) => states.push(state));
    const settled = ({ value, code, executed }) => {
      outcome = { value, code, executed };
    };
    channel.call("slow").then((value) => settled({ value }), settled);
    await channel.call("here");
  },
  /** Another call, whether the frame still answers. */
  here: () => channel.call("here").then((at) => at > 0),
  finish: (value) => channel.call("finish", [value]),
  async reload() {
    frame.src = `${frame.src}&again`;
  },
  look: async () => ({ shown, states, uncaught, outcome, state: channel?.state, at: performance.now() }),
};
