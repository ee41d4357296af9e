/** Penpal: its window messenger makes the port itself. */
import { CallOptions, connect as penpal, Reply, WindowMessenger } from "penpal";

export async function connect({ frame, origin }) {
  const messenger = new WindowMessenger({ remoteWindow: frame.contentWindow, allowedOrigins: [origin] });
  const connection = penpal({ messenger });
  const remote = await connection.promise;
  return {
    echo: (value) => remote.echo(value),
    swap: (buffer) => remote.swap(buffer, new CallOptions({ transferables: [buffer] })),
    event: (payload) => remote.event(payload),
    close: () => connection.destroy(),
  };
}

export function serve({ origin, methods }) {
  const messenger = new WindowMessenger({ remoteWindow: parent, allowedOrigins: [origin] });
  penpal({
    messenger,
    methods: {
      echo: methods.echo,
      swap: (buffer) => new Reply(methods.echo(buffer), { transferables: [buffer] }),
      event: methods.event,
    },
  });
}
