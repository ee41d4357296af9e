/** Reference: one message per call on a bare port, a map of pending calls, nothing else. */
import { Arrivals } from "./iterate.mjs";
import { acceptPort, offerPort } from "./port.mjs";

export async function connect({ frame, origin }) {
  const port = await acceptPort(frame, origin);
  const pending = new Map();
  const streams = new Map();
  let last = 0;
  port.onmessage = ({ data: [kind, id, value] }) => {
    if (kind === "item") return streams.get(id).push(value);
    if (kind === "end") {
      streams.get(id).end();
      streams.delete(id);
      return;
    }
    pending.get(id)(value);
    pending.delete(id);
  };
  const stream = (method, ...args) => {
    const arrivals = new Arrivals();
    streams.set(++last, arrivals);
    port.postMessage([method, last, args]);
    return arrivals;
  };
  const call = (value, transfer) =>
    new Promise((resolve) => {
      pending.set(++last, resolve);
      port.postMessage([transfer ? "swap" : "echo", last, value], transfer);
    });
  return {
    echo: (value) => call(value),
    swap: (buffer) => call(buffer, [buffer]),
    items: (count) => stream("items", count),
    chunks: (count, bytes) => stream("chunks", count, bytes),
    event: (payload) => port.postMessage(["event", 0, payload]),
    close: () => port.close(),
  };
}

export function serve({ origin, methods }) {
  const port = offerPort(origin);
  port.onmessage = ({ data: [method, id, value] }) => {
    switch (method) {
      case "echo":
        return port.postMessage(["reply", id, methods.echo(value)]);
      case "swap":
        return port.postMessage(["reply", id, methods.echo(value)], [value]);
      case "event":
        return methods.event(value);
      default:
        for (const item of methods[method](...value)) port.postMessage(["item", id, item]);
        return port.postMessage(["end", id]);
    }
  };
}
