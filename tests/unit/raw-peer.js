/**
 * A peer written from docs/protocol.md by hand, over a bare port: it can do what the package never does.
 */
const TAG = "portcullis";
const HELLO = 0;
const WELCOME = 1;
const READY = 2;

/** Frames by their names; every other word follows the first. */
export const KIND = {
  open: 1,
  name: 2,
  call: 3,
  notify: 4,
  event: 5,
  reply: 6,
  fail: 7,
  cancel: 8,
  release: 9,
  item: 11,
  end: 12,
  credit: 14,
  stop: 15,
  ping: 16,
  pong: 17,
  lost: 18,
  suspend: 19,
  resume: 20,
  goodbye: 21,
  close: 22,
};

const words = (text) => [0, 8, 16, 24].map((at) => Number.parseInt(text.slice(at, at + 8), 16));

/** The first word of a frame: its kind, flags and count. */
export const head = (kind, count = 0, flags = 0) => (kind | (flags << 8) | (count << 16)) >>> 0;

export class RawPeer {
  /** Messages taken from the session's port. */
  heard = [];
  #waiting = [];
  seq = 0;
  ack = 0;

  constructor(gate, name = "") {
    this.gate = gate;
    this.name = name;
  }

  /** Meets the package at the other end: follows, or with `leads` makes the port. */
  async meet({ nonce, leads = false, version = 1, capabilities = 7 } = {}) {
    const mine = nonce ?? `${(leads ? "f" : "0").repeat(31)}1`;
    const greet = (kind, yours, transfer = []) =>
      this.gate.postMessage([TAG, version, this.name, kind, mine, yours], transfer);
    const port = await new Promise((resolve) => {
      this.gate.onmessage = ({ data, ports }) => {
        const [, , , kind, theirs, yours] = data;
        if (kind === HELLO) greet(WELCOME, theirs);
        if (kind === WELCOME && yours === mine && leads && !this.theirs) {
          this.theirs = theirs;
          const { port1, port2 } = new MessageChannel();
          greet(READY, theirs, [port2]);
          resolve(port1);
        }
        if (kind === READY && yours === mine) {
          this.theirs = theirs;
          resolve(ports[0]);
        }
      };
      greet(HELLO, "");
    });
    this.port?.close();
    this.port = port;
    this.seq = 0;
    this.ack = 0;
    this.heard = [];
    port.onmessage = ({ data }) => {
      this.ack = data[0];
      const waiter = this.#waiting.shift();
      if (waiter) waiter(data);
      else this.heard.push(data);
    };
    this.send([head(KIND.open), 1, capabilities, ...words(this.theirs)]);
    await this.next();
    return this;
  }

  /** The next message of the port. */
  next() {
    const data = this.heard.shift();
    return data ? Promise.resolve(data) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Sends one message of these words and values. */
  send(frame, values = []) {
    this.post([++this.seq, this.ack, frame.length, ...frame, ...values]);
  }

  /** Sends anything at all. */
  post(data, transfer = []) {
    this.port.postMessage(data, transfer);
  }

  close() {
    this.port?.close();
    this.gate.close();
  }
}
