/** Portcullis, for whichever entry is handed in: the same names in each. */
import { iterate } from "./iterate.mjs";

export function over({ connect, transfer }) {
  return {
    async connect({ frame, origin }) {
      const channel = await connect(frame, { allowedOrigins: origin });
      const { remote } = channel;
      return {
        echo: (value) => remote.echo(value),
        swap: (buffer) => remote.swap(transfer(buffer, [buffer])),
        items: (count) => remote.items(count),
        chunks: (count, bytes) => remote.chunks(count, bytes),
        event: (payload) => channel.emit("event", payload),
        close: () => channel.close(),
      };
    },

    async serve({ origin, methods }) {
      const channel = await connect(parent, {
        allowedOrigins: origin,
        methods: {
          echo: methods.echo,
          swap: (buffer) => transfer(methods.echo(buffer), [buffer]),
          items: (count) => iterate(methods.items(count)),
          chunks: (count, bytes) => iterate(methods.chunks(count, bytes)),
        },
      });
      channel.on("event", methods.event);
    },
  };
}
