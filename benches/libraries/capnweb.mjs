/** Cap'n Web over a port, as its README shows; a call nobody awaits is its one-way message. */
import { newMessagePortRpcSession, RpcTarget } from "capnweb";
import { streamOf } from "./iterate.mjs";
import { acceptPort, offerPort } from "./port.mjs";

export async function connect({ frame, origin }) {
  const stub = newMessagePortRpcSession(await acceptPort(frame, origin));
  return {
    echo: (value) => stub.echo(value),
    swap: (buffer) => stub.echo(buffer),
    items: (count) => stub.items(count),
    chunks: (count, bytes) => stub.chunks(count, bytes),
    event: (payload) => stub.event(payload)[Symbol.dispose](),
    close: () => stub[Symbol.dispose](),
  };
}

export function serve({ origin, methods }) {
  class Guest extends RpcTarget {
    echo(value) {
      return methods.echo(value);
    }
    items(count) {
      return streamOf(methods.items(count));
    }
    chunks(count, bytes) {
      return streamOf(methods.chunks(count, bytes));
    }
    event(payload) {
      methods.event(payload);
    }
  }
  newMessagePortRpcSession(offerPort(origin), new Guest());
}
