/** Reference: as `raw`, with all messages of one microtask in one flat array. */
import { Arrivals } from "./iterate.mjs";
import { acceptPort, offerPort } from "./port.mjs";

const MAX_ENTRIES = 3_000;

/** Collects what one turn sends: `[kind, id, value, kind, id, value, ...]`. */
function batched(port) {
  let batch = [];
  const flush = (transfer) => {
    const full = batch;
    batch = [];
    if (full.length > 0) port.postMessage(full, transfer);
  };
  return (kind, id, value, transfer) => {
    if (batch.length === 0) queueMicrotask(flush);
    batch.push(kind, id, value);
    if (transfer || batch.length >= MAX_ENTRIES) flush(transfer);
  };
}

export async function connect({ frame, origin }) {
  const port = await acceptPort(frame, origin);
  const send = batched(port);
  const pending = new Map();
  const streams = new Map();
  let last = 0;
  port.onmessage = ({ data }) => {
    for (let at = 0; at < data.length; at += 3) {
      const kind = data[at];
      const id = data[at + 1];
      if (kind === 0) {
        pending.get(id)(data[at + 2]);
        pending.delete(id);
      } else if (kind === 1) {
        streams.get(id).push(data[at + 2]);
      } else {
        streams.get(id).end();
        streams.delete(id);
      }
    }
  };
  const stream = (method, ...args) => {
    const arrivals = new Arrivals();
    streams.set(++last, arrivals);
    send(method, last, args);
    return arrivals;
  };
  const call = (method, value, transfer) =>
    new Promise((resolve) => {
      pending.set(++last, resolve);
      send(method, last, value, transfer);
    });
  return {
    echo: (value) => call("echo", value),
    swap: (buffer) => call("swap", buffer, [buffer]),
    items: (count) => stream("items", count),
    chunks: (count, bytes) => stream("chunks", count, bytes),
    event: (payload) => send("event", 0, payload),
    close: () => port.close(),
  };
}

export function serve({ origin, methods }) {
  const port = offerPort(origin);
  const send = batched(port);
  const take = (method, id, value) => {
    switch (method) {
      case "echo":
        return send(0, id, methods.echo(value));
      case "swap":
        return send(0, id, methods.echo(value), [value]);
      case "event":
        return methods.event(value);
      default:
        for (const item of methods[method](...value)) send(1, id, item);
        return send(2, id);
    }
  };
  port.onmessage = ({ data }) => {
    for (let at = 0; at < data.length; at += 3) take(data[at], data[at + 1], data[at + 2]);
  };
}
