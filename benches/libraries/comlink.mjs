/** Comlink over a port, its fastest documented use; the port is handed over by the lines of `port.mjs`. */
import * as Comlink from "comlink";
import { acceptPort, offerPort } from "./port.mjs";

export async function connect({ frame, origin }) {
  return peerOf(Comlink.wrap(await acceptPort(frame, origin)));
}

export function peerOf(remote) {
  return {
    echo: (value) => remote.echo(value),
    swap: (buffer) => remote.swap(Comlink.transfer(buffer, [buffer])),
    event: (payload) => remote.event(payload),
    close: () => remote[Comlink.releaseProxy](),
  };
}

export function exposed(methods) {
  return {
    echo: methods.echo,
    swap: (buffer) => Comlink.transfer(methods.echo(buffer), [buffer]),
    event: methods.event,
  };
}

export function serve({ origin, methods }) {
  Comlink.expose(exposed(methods), offerPort(origin));
}
