/**
 * The few lines a library without a handshake needs: the guest makes a channel and hands one end to its host's exact
 * origin; the host takes it from that one window and that one origin. One window message, no waiting for `load`.
 */

/** In the host: the port that the guest in `frame` hands over. */
export function acceptPort(frame, origin) {
  return new Promise((resolve) => {
    const listen = (event) => {
      if (event.source !== frame.contentWindow || event.origin !== origin || event.data !== "port") return;
      removeEventListener("message", listen);
      resolve(event.ports[0]);
    };
    addEventListener("message", listen);
  });
}

/** In the guest: hands a port to the host and keeps the other end. */
export function offerPort(origin) {
  const { port1, port2 } = new MessageChannel();
  parent.postMessage("port", origin, [port2]);
  return port1;
}
