/** Framebus with one target frame and a checked domain; it has no readiness: wait for `load`. Values cross as JSON text. */
import Framebus from "framebus";

const verifier = (origin) => (url) => new URL(url).origin === origin;

export async function connect({ frame, origin }) {
  await new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
  const bus = new Framebus({ origin, verifyDomain: verifier(origin), targetFrames: [frame] });
  return {
    echo: (value) => bus.emitAsPromise("echo", { value }).then((answer) => answer.value),
    event: (payload) => bus.emit("event", { payload }),
    close: () => bus.teardown(),
    origin,
  };
}

/** One emit reaches every frame of the page: what a bus is for. */
let everyone;
export function broadcast(peers, payload) {
  everyone ??= new Framebus({ origin: peers[0].origin });
  everyone.emit("event", { payload });
}

export function serve({ origin, methods }) {
  const bus = new Framebus({ origin, verifyDomain: verifier(origin), targetFrames: [parent] });
  bus.on("echo", ({ value }, reply) => reply({ value: methods.echo(value) }));
  bus.on("event", ({ payload }) => methods.event(payload));
}
