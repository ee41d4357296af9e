// A page that is navigated away from and back to, with a channel to a frame of another site; the same file in both.
import { connect } from "/dist/index.js";

const here = new URLSearchParams(location.search);
const peer = here.get("peer");
const sink = here.get("sink");

/** What the driver asks about. */
const told = { shows: [], states: [], ran: [], settled: [] };
window.sleeper = { told };
addEventListener("pageshow", ({ persisted }) => told.shows.push(persisted));

if (window === top) {
  const frame = document.createElement("iframe");
  frame.src = `${peer}${location.pathname}?${new URLSearchParams({ peer: location.origin, sink })}`;
  document.body.append(frame);
  const channel = await connect(frame, { allowedOrigins: peer, methods: methods() });
  channel.onStateChange((state) => told.states.push(state));
  const settle = (call) => {
    call.then(
      (value) => told.settled.push(value),
      ({ code }) => told.settled.push(code),
    );
  };
  Object.assign(window.sleeper, {
    channel,
    /** Starts a call that ends when the peer is told so; resolves when it runs there. */
    async begin(name) {
      settle(channel.call("slow", [name]));
      await channel.call("started", [name]);
    },
    async finish(name) {
      await channel.call("finish", [name]);
      return channel.call("told");
    },
  });
} else {
  window.sleeper.channel = await connect(parent, { allowedOrigins: peer, methods: methods() });
}
document.title = "ready";

function methods() {
  const running = new Map();
  return {
    async slow(name) {
      told.ran.push(name);
      await fetch(sink, { method: "POST", body: name });
      return new Promise((resolve) => running.set(name, () => resolve(`done ${name}`)));
    },
    async started(name) {
      while (!running.has(name)) await fetch(`${sink}?count=1&wait=5000`);
    },
    finish: (name) => running.get(name)?.(),
    told: () => told,
  };
}
