/** birpc over a port, as its README shows. Its `post` gets no transfer list, so buffers are copied. */
import { createBirpc } from "birpc";
import { acceptPort, offerPort } from "./port.mjs";

function over(port, methods) {
  return createBirpc(methods, {
    post: (data) => port.postMessage(data),
    on: (listener) => {
      port.onmessage = (event) => listener(event.data);
    },
  });
}

export async function connect({ frame, origin }) {
  const port = await acceptPort(frame, origin);
  const remote = over(port, {});
  return {
    echo: (value) => remote.echo(value),
    swap: (buffer) => remote.echo(buffer),
    event: (payload) => remote.event.asEvent(payload),
    close: () => {
      remote.$close();
      port.close();
    },
  };
}

export function serve({ origin, methods }) {
  over(offerPort(origin), { echo: methods.echo, event: methods.event });
}
