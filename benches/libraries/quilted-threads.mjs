/** @quilted/threads over a port: faster than its window thread, which knows no readiness either. */
import { markAsTransferable, ThreadMessagePort } from "@quilted/threads";
import { acceptPort, offerPort } from "./port.mjs";

export async function connect({ frame, origin }) {
  const port = await acceptPort(frame, origin);
  const thread = new ThreadMessagePort(port);
  port.start();
  const remote = thread.imports;
  return {
    echo: (value) => remote.echo(value),
    swap: (buffer) => remote.swap(markAsTransferable(buffer)),
    items: (count) => remote.items(count),
    chunks: (count, bytes) => remote.chunks(count, bytes),
    event: (payload) => remote.event(payload),
    close: () => {
      thread.close();
      port.close();
    },
  };
}

export function serve({ origin, methods }) {
  const port = offerPort(origin);
  ThreadMessagePort.export(port, {
    echo: async (value) => methods.echo(value),
    swap: async (buffer) => markAsTransferable(methods.echo(buffer)),
    // What crosses as an iterator must be one itself, as generators are.
    items: async function* items(count) {
      yield* methods.items(count);
    },
    chunks: async function* chunks(count, bytes) {
      yield* methods.chunks(count, bytes);
    },
    event: async (payload) => methods.event(payload),
  });
  port.start();
}
