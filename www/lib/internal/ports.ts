import type { Driver } from "./driver.js";
import { Channel, listen, portClose, portPost, portStart } from "./intrinsics.js";

/** The private ports of a channel, by the core's numbers: the session's and those that may become it. */
export class Ports {
  readonly #driver: Driver;
  readonly #ports = new Map<number, MessagePort>();

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  /** Makes a pair, keeps one end as `id` and gives the other away. */
  make(id: number): MessagePort {
    const { port1, port2 } = new Channel();
    this.take(id, port1);
    return port2;
  }

  take(id: number, port: MessagePort): void {
    this.#ports.set(id, port);
    listen(port, "message", (event: Event) => {
      if (this.#ports.get(id) === port) this.#driver.receive(id, event);
    });
    listen(port, "messageerror", () => {
      if (this.#ports.get(id) === port) this.#driver.lost(id);
    });
    portStart(port);
  }

  /** Posts a message; should the engine refuse it, an empty one takes its number and the result is false. */
  post(id: number, message: unknown[], moves: Transferable[]): boolean {
    const port = this.#ports.get(id);
    if (!port) return true;
    try {
      if (moves.length) portPost(port, message, moves);
      else portPost(port, message);
    } catch {
      portPost(port, [message[0], message[1], 0]);
      return false;
    }
    return true;
  }

  close(id: number): void {
    const port = this.#ports.get(id);
    this.#ports.delete(id);
    if (port) portClose(port);
  }

  end(): void {
    for (const id of [...this.#ports.keys()]) this.close(id);
  }
}
