// A second, hand-written speaker of the wire (docs/protocol.md), for peers that lie.
//
// It knows only what the document says, and does exactly what it is told: it can greet, open a port and send
// frames, right or wrong ones.

export const VERSION = 1;
export const GREETING = { hello: 0, welcome: 1, ready: 2, knock: 3, offer: 4 };
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
  abort: 10,
  item: 11,
  end: 12,
  reset: 13,
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

/** How many words follow the first one of a frame, by kind (docs/protocol.md, section 3). */
const WORDS = [0, 6, 1, 2, 1, 1, 1, 2, 1, 2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 0, 0, 0, 1];

/** The frames of a message, each as its words. To search the bare words would find a head in an id or a nonce. */
export function framesOf([, , n, ...rest]) {
  const words = rest.slice(0, n);
  const frames = [];
  while (words.length > 0) {
    const frame = words.splice(0, 1 + (WORDS[words[0] & 0xff] ?? words.length));
    if ((frame[0] >> 8) & 1) frame.push(...words.splice(0, 1 + 2 * words[0]));
    frames.push(frame);
  }
  return frames;
}

/** Fresh 128 bits, as text. `first` fixes the leading digits, which decide who leads. */
export function nonce(first) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const text = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return first ? first + text.slice(first.length) : text;
}

/** The four words of a nonce. */
export const words = (text) => text.match(/.{8}/g).map((part) => Number.parseInt(part, 16));

/** The first word of a frame. */
export const head = (kind, { flags = 0, count = 0 } = {}) => kind | (flags << 8) | (count << 16);

/** A peer that follows the protocol towards one window, until told otherwise. */
export class RawPeer {
  /** What came through the gate and through the port, oldest first. */
  greetings = [];
  messages = [];
  sent = 0;
  taken = 0;
  names = 0;
  calls = 0;
  tokens = 0;

  /** `settings`: `target` (a window), `origin` (of it), `name`, `lead` (take the greater nonce), `silent` (answer no greeting). */
  constructor({ target, origin, name = "", lead, silent = false, version = VERSION }) {
    Object.assign(this, { target, origin, name, silent, version });
    this.mine = nonce({ true: "ffffffff", false: "00000000" }[lead]);
    this.opened = new Promise((resolve) => {
      this.resolveOpened = resolve;
    });
    this.listener = (event) => this.greeted(event);
    addEventListener("message", this.listener);
  }

  stop() {
    removeEventListener("message", this.listener);
    this.port?.close();
  }

  /** The greeting of this kind, as data. */
  greeting(kind, yours = "") {
    return ["portcullis", this.version, this.name, kind, this.mine, yours];
  }

  post(kind, yours = "", ports = []) {
    this.target.postMessage(this.greeting(kind, yours), this.origin, ports);
  }

  hello() {
    this.post(GREETING.hello);
  }

  greeted(event) {
    const { data, ports, source } = event;
    if (source !== this.target || !Array.isArray(data) || data[0] !== "portcullis" || data[2] !== this.name)
      return;
    this.greetings.push(data);
    if (this.silent) return;
    const [, , , kind, theirs, yours] = data;
    if (kind === GREETING.hello) this.post(GREETING.welcome, theirs);
    if (yours !== this.mine) return;
    // A host that found us slow begins anew, under a fresh nonce.
    if (kind === GREETING.welcome && this.mine > theirs && theirs !== this.theirs) {
      const { port1, port2 } = new MessageChannel();
      this.post(GREETING.ready, theirs, [port2]);
      this.open(port1, theirs);
    } else if (kind === GREETING.welcome && this.mine < theirs) {
      this.post(GREETING.welcome, theirs);
    } else if (kind === GREETING.ready && this.mine < theirs) {
      this.open(ports[0], theirs);
    }
  }

  /** Takes a port and opens it with the echo. */
  open(port, theirs) {
    this.port?.close();
    this.port = port;
    this.theirs = theirs;
    this.sent = 0;
    this.taken = 0;
    port.onmessage = ({ data }) => {
      this.messages.push(data);
      this.taken = data[0];
      this.resolveOpened(this);
      this.reader?.();
    };
    this.send([head(KIND.open), this.version, 0, ...words(theirs)]);
  }

  /** Sends one message of frames, numbered as it should be unless `seq` says otherwise. */
  send(frames, values = [], { seq = ++this.sent, ack = this.taken, transfer = [] } = {}) {
    const message = [seq, ack, frames.length, ...frames, ...values];
    this.port.postMessage(message, transfer);
    return message;
  }

  /** The frames of a call, with the name told before it. */
  call(method, ...args) {
    const id = this.calls++;
    const name = this.names++;
    const frames = [head(KIND.name, { count: 1 }), name, head(KIND.call, { count: args.length }), id, name];
    return this.send(frames, [method, ...args]);
  }

  /** Waits until a message came that fits. */
  async until(fits) {
    for (let next = 0; ; next += 1) {
      while (next >= this.messages.length) {
        await new Promise((resolve) => {
          this.reader = resolve;
        });
      }
      if (fits(this.messages[next])) return this.messages[next];
    }
  }

  /** Waits until a frame came that fits. */
  async frame(fits) {
    return framesOf(await this.until((message) => framesOf(message).some(fits))).find(fits);
  }

  /** Asks for a sign of life; resolves when the answer to just this question is there. */
  async ping() {
    const token = ++this.tokens;
    this.send([head(KIND.ping), token]);
    await this.frame((frame) => frame[0] === head(KIND.pong) && frame[1] === token);
  }
}
