/** The reference of the benchmark: a port, numbered messages, and nothing else. */
export class BarePort {
  #port;
  #next = 0;
  #waiting = new Map();
  #streamed;

  /**
   * @param {Window} peer
   * @param {string} origin the peer's, to which alone the port goes
   */
  constructor(peer, origin) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.ready = new Promise((done) => {
      port1.onmessage = () => {
        port1.onmessage = ({ data }) => this.#take(data);
        done();
      };
    });
    peer.postMessage("bench", origin, [port2]);
  }

  add(a, b) {
    return this.#ask({ what: "add", a, b });
  }

  give(buffer) {
    return this.#ask({ what: "give", buffer }, [buffer]);
  }

  /** All calls of one turn in one array, and all answers in another. */
  async burst(count) {
    const start = performance.now();
    const calls = Array.from({ length: count }, (_, n) => [n, n, 1]);
    const answers = await this.#ask({ what: "batch", calls });
    const rate = (count / (performance.now() - start)) * 1_000;
    if (answers.length !== count || answers.at(-1)[1] !== count) throw new Error("a wrong batch came back");
    return rate;
  }

  /** One message for each item. */
  async stream(count) {
    const start = performance.now();
    let seen = 0;
    await new Promise((done) => {
      this.#streamed = () => {
        seen += 1;
        if (seen === count) done();
      };
      this.#port.postMessage({ what: "items", count });
    });
    return (count / (performance.now() - start)) * 1_000;
  }

  #ask(message, transfer = []) {
    this.#next += 1;
    message.id = this.#next;
    return new Promise((done) => {
      this.#waiting.set(message.id, done);
      this.#port.postMessage(message, transfer);
    });
  }

  #take({ id, value, item }) {
    if (item !== undefined) {
      this.#streamed(item);
      return;
    }
    this.#waiting.get(id)?.(value);
    this.#waiting.delete(id);
  }
}
