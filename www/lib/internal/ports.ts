import type { Driver } from "./driver.js";
import { Channel, listen, portClose, portPost, portStart } from "./intrinsics.js";

/** The private ports of a channel, by the core's numbers: the session's and those that may become it. */
export interface Ports {
  /** Makes a pair, keeps one end as `id` and gives the other away. */
  make(id: number): MessagePort;
  take(id: number, port: MessagePort): void;
  /** Posts a message; should the engine refuse it, an empty one takes its number and the result is false. */
  post(id: number, message: unknown[], moves: Transferable[]): boolean;
  close(id: number): void;
  end(): void;
}

/** Makes the ports of a channel. */
export function portsOf({ receive, take, raw, now }: Driver): Ports {
  const byId = new Map<number, MessagePort>();
  const ports: Ports = {
    make(id) {
      const { port1, port2 } = new Channel();
      ports.take(id, port1);
      return port2;
    },
    take(id, port) {
      byId.set(id, port);
      listen(port, "message", (event: Event) => {
        if (byId.get(id) === port) receive(id, event);
      });
      // The engine could not read a message.
      listen(port, "messageerror", () => {
        if (byId.get(id) === port) take(() => raw.lost(now(), id));
      });
      portStart(port);
    },
    post(id, message, moves) {
      const port = byId.get(id);
      if (!port) return true;
      try {
        if (moves.length) portPost(port, message, moves);
        else portPost(port, message);
        return true;
      } catch {
        portPost(port, [message[0], message[1], 0]);
        return false;
      }
    },
    close(id) {
      const port = byId.get(id);
      byId.delete(id);
      if (port) portClose(port);
    },
    end() {
      for (const id of [...byId.keys()]) ports.close(id);
    },
  };
  return ports;
}
