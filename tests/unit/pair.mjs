/** Two channels over one MessageChannel: what most tests begin with. */
import { connect } from "../../dist/index.js";

/** Connects both ends; `left` and `right` are options of either side. */
export async function pair(left = {}, right = {}) {
  const { port1, port2 } = new MessageChannel();
  const channels = await Promise.all([connect(port1, left), connect(port2, right)]);
  return Object.assign(channels, { ports: [port1, port2] });
}

/** A test's body with a pair that is closed afterwards, whatever happened. */
export function withPair(left, right, body) {
  return async () => {
    const channels = await pair(left, right);
    try {
      await body(...channels, channels.ports);
    } finally {
      for (const channel of channels) channel.close();
      for (const port of channels.ports) port.close();
    }
  };
}

/** What a promise rejects with; fails if it resolves. */
export async function rejection(promise) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`resolved with ${String(value)} instead of rejecting`);
}

/** A promise with its resolvers. */
export function deferred() {
  const handle = {};
  handle.promise = new Promise((resolve, reject) => Object.assign(handle, { resolve, reject }));
  return handle;
}

/** Waits until a call made now has come back: all that was sent before has arrived. */
export async function fence(channel) {
  await channel.call("portcullis-test-fence").catch(() => undefined);
}

/** Collects garbage, whether or not Node was started for it. */
export async function collect() {
  const { setFlagsFromString } = await import("node:v8");
  const { runInNewContext } = await import("node:vm");
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc");
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    gc();
  }
  await new Promise((resolve) => setImmediate(resolve));
}
