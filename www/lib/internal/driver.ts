import { PortcullisError, type PortcullisErrorCode } from "../error.js";
import type { Channel } from "../types.js";
import { Misbehaviour } from "./bodies.js";
import { isMessage, timeOf, Words } from "./border.js";
import { Calls } from "./calls.js";
import { core, mourners, type RawLink } from "./core.js";
import type { Gate } from "./gate.js";
import { Greeter } from "./greeter.js";
import { clearTimer, clock, clone, eventData, later, random, setTimer } from "./intrinsics.js";
import { Lives } from "./live.js";
import {
  FAIL_PROTOCOL,
  MISBEHAVIOUR_MALFORMED,
  MISBEHAVIOUR_NAME_LENGTH,
  MISBEHAVIOUR_VALUE,
  STATE_CLOSED,
  STATE_CONNECTING,
  STATE_OPEN,
  STATE_RECONNECTING,
} from "./ops.js";
import { carryOut } from "./outputs.js";
import { NotCloneable } from "./path.js";
import { Ports } from "./ports.js";
import { Report } from "./report.js";
import { Server } from "./server.js";
import type { Settings } from "./settings.js";
import { Ticker } from "./streams.js";
import { Topics } from "./topics.js";
import { Walk } from "./values.js";

/** Longest delay a timer takes. */
const LONGEST = 2 ** 31 - 1;

/** What the public side of a channel hears from its driver. */
export interface Audience {
  /** Open, reconnecting, closed: a `STATE_*`. */
  onState(state: number): void;
  onClosed(code: PortcullisErrorCode, reason: string | undefined, detail: string): void;
}

/**
 * Drives one link of the core: feeds it greetings, messages, the clock and what the application does, and carries
 * out what it answers. Values wait here, in the order of their frames; the core only counts them.
 */
export class Driver {
  readonly settings: Settings;
  readonly raw: RawLink;
  readonly words = new Words();
  readonly calls: Calls;
  readonly server: Server;
  readonly topics: Topics;
  readonly lives: Lives;
  readonly ports: Ports;
  readonly greeter: Greeter;
  readonly report: Report;
  /** The public object; set right after it is made. */
  declare channel: Channel;
  audience: Audience | undefined;
  /** The peer's origin as checked. */
  origin = "";
  state = STATE_CONNECTING;

  /** Values of frames that the core holds, first in first out, from `#head` on. */
  #fifo: unknown[] = [];
  #head = 0;
  /** What moves with the value at the same place. */
  #moves: (Transferable[] | undefined)[] = [];
  /** Names told to the peer, both ways. */
  readonly #ownNull: boolean;
  readonly #names: string[] = [];
  readonly #ids = new Map<string, number>();
  /** The time, read once in a turn; 0 when it is to be read. */
  #now = 0;
  #scheduled = false;
  #timer: number | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #ticker: Ticker | undefined;

  constructor(settings: Settings, gate: Gate, kind: number, ownNull: boolean) {
    this.settings = settings;
    this.#ownNull = ownNull;
    const { RawLink } = core();
    const { options, limits } = settings;
    if (!random)
      throw new PortcullisError(
        "connect/refused",
        "this page has no crypto.getRandomValues, and nothing else is random enough",
      );
    this.raw = new RawLink(
      this.now(),
      kind,
      ownNull,
      settings.patterns.join("\n"),
      settings.name,
      options.nonce ?? "",
      options.anyOrigin === true,
      settings.timeoutMs,
      settings.heartbeatMs,
      settings.callTimeoutMs,
      limits.pendingCalls,
      limits.queuedBytes,
      limits.messagesPerSecond,
      options.reconnect !== false,
    );
    this.report = new Report(settings, () => this.origin);
    this.calls = new Calls(this);
    this.server = new Server(this);
    this.topics = new Topics(this);
    this.lives = new Lives(this);
    this.ports = new Ports(this);
    this.greeter = new Greeter(this, gate);
    mourners.add(this);
    if (options.methods) this.server.handle(options.methods);
  }

  /** Nothing more happens. */
  get over(): boolean {
    return this.state === STATE_CLOSED;
  }

  /** Milliseconds, the same all through a turn. */
  now(): number {
    this.#now ||= clock();
    return this.#now;
  }

  /** A new turn begins: an event came. */
  turn(): void {
    this.#now = 0;
  }

  /** Sends what this turn queued when it is over. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    later(() => {
      this.#scheduled = false;
      this.flush();
      this.#now = 0;
    });
  }

  /** After an event: sends what the core queued by itself. */
  scheduleIfDirty(): void {
    if (!this.#scheduled && !this.over && this.raw.dirty()) this.schedule();
  }

  /** Sends what is queued now. */
  flush(): void {
    if (this.over) return;
    this.raw.flush(this.now());
    this.drain();
  }

  /** Stream items wait for a macrotask, so that what a producer yields in a while leaves together. */
  scheduleTick(): void {
    this.#ticker ??= new Ticker(() => this.flush());
    this.#ticker.tick();
  }

  /** Carries out what the core has answered; `values` are those of the message that it answers to. */
  drain(values: readonly unknown[] = []): void {
    if (this.over) return;
    const { raw } = this;
    const count = raw.poll(this.now());
    if (count <= 0) return;
    try {
      carryOut(this, this.words.read(raw.outAt(), count), values);
    } catch (error) {
      if (!(error instanceof Misbehaviour)) throw error;
      this.violation(error.code);
    }
  }

  /** Ends the channel: the peer broke the protocol in a way that only values show. */
  violation(code: number): void {
    if (this.over) return;
    this.raw.violation(this.now(), code);
    this.drain();
  }

  /** A message of a port. */
  receive(port: number, event: Event): void {
    if (this.over) return;
    this.turn();
    const data = eventData(event);
    if (!isMessage(data) || !this.words.write(this.raw, data, 3, data[2])) {
      this.violation(MISBEHAVIOUR_MALFORMED);
      return;
    }
    this.report.tap?.(data, false);
    const [seq, ack, n] = data;
    const values = data.slice(3 + n);
    this.raw.receive(this.now(), port, seq, ack, n, values.length);
    this.drain(values);
    this.scheduleIfDirty();
    if (!this.#scheduled) this.#now = 0;
  }

  /** The engine could not read a message of a port. */
  lost(port: number): void {
    if (this.over) return;
    this.turn();
    this.raw.lost(this.now(), port);
    this.drain();
    this.scheduleIfDirty();
  }

  // ---- What the application sends -------------------------------------------------------------

  mustBeOpen(name: string): void {
    if (!this.over) return;
    const to = this.calls.describe(name);
    throw new PortcullisError("channel/closed", `${to} cannot be reached: the channel is closed`, {
      executed: "no",
    });
  }

  /** The number that `name` has on the wire. */
  intern(name: string, wrong: PortcullisErrorCode = "call/method-not-found"): number {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    if (typeof name !== "string" || name.length > this.settings.limits.nameLength) {
      throw new PortcullisError(
        wrong,
        `${String(name).slice(0, 40)}… is no name: it has more than limits.nameLength characters`,
      );
    }
    const id = this.raw.intern(this.now());
    if (id < 0) throw this.calls.refusal(id, name);
    this.push([name]);
    const old = this.#names[id];
    if (old !== undefined) this.#ids.delete(old);
    this.#names[id] = name;
    this.#ids.set(name, id);
    this.schedule();
    return id;
  }

  /** A name told before, for a peer that has to be told again. */
  nameOf(id: number): string {
    return this.#names[id] ?? "";
  }

  /** Adds values to the queue, after the core has taken their frame. */
  push(values: readonly unknown[]): void {
    const fifo = this.#fifo;
    for (let i = 0; i < values.length; i++) fifo[fifo.length] = values[i];
  }

  /** Queues the values of a frame of primitives, or throws what the core's answer means. */
  accepted(answer: number, values: readonly unknown[], to: string): void {
    if (answer < 0) throw this.calls.refusal(answer, to);
    this.push(values);
    this.schedule();
  }

  /** Copies values out of the application's hands; `root` is what they are to it, `to` where they go. */
  walk(values: readonly unknown[], root: string, to: string, transfer?: readonly Transferable[]): Walk {
    try {
      const walk = new Walk(this.settings, transfer);
      for (let i = 0; i < values.length; i++) walk.add(values[i]);
      return walk;
    } catch (error) {
      throw error instanceof NotCloneable ? error.toError(root, this.calls.describe(to)) : error;
    }
  }

  /**
   * Hands a walked body over. `write` gives its frame to the core and returns the core's answer; below zero it was
   * not taken, and this throws.
   */
  carry(walk: Walk, write: (lives: number) => number, to: string, ticks = false): void {
    const { lives, complex } = walk;
    let { values, moves } = walk;
    if (walk.bytes > this.settings.limits.queuedBytes) {
      throw new PortcullisError(
        "call/busy",
        `${this.calls.describe(to)} was not sent: its values are larger than limits.queuedBytes (${this.settings.limits.queuedBytes})`,
        { executed: "no" },
      );
    }
    if (complex) {
      // What leaves later, or may throw when it leaves, is taken now: as with `postMessage`, the call decides.
      if (moves.length || this.state !== STATE_OPEN) [values, moves] = this.#take(values, moves, to);
      this.raw.cut();
    }
    const known = lives.length === 0 || this.lives.write(lives);
    const answer = known ? write(lives.length) : -1;
    if (answer < 0) {
      this.schedule();
      throw this.calls.refusal(answer, to);
    }
    if (moves.length) this.#moves[this.#fifo.length + values.length - 1] = moves;
    this.push(values);
    if (lives.length) this.push([lives.map(({ path }) => path)]);
    if (complex) {
      this.raw.cut();
      this.flush();
    } else if (ticks) this.scheduleTick();
    else this.schedule();
  }

  #take(values: unknown[], moves: Transferable[], to: string): [unknown[], Transferable[]] {
    try {
      return clone([values, moves], { transfer: moves }) as [unknown[], Transferable[]];
    } catch (cause) {
      throw new PortcullisError(
        "call/not-cloneable",
        `a value of ${this.calls.describe(to)} cannot cross: ${String(cause)}`,
        {
          path: "transfer",
          executed: "no",
          cause,
        },
      );
    }
  }

  /** Takes the values of a message off the queue, and what moves with them. */
  shift(count: number, into: unknown[]): Transferable[] {
    const moves: Transferable[] = [];
    const fifo = this.#fifo;
    const end = this.#head + count;
    for (let i = this.#head; i < end; i++) {
      into[into.length] = fifo[i];
      const list = this.#moves[i];
      if (list) for (const item of list) moves[moves.length] = item;
    }
    this.#head = end;
    if (end >= fifo.length) {
      this.#fifo = [];
      this.#moves = [];
      this.#head = 0;
    }
    return moves;
  }

  /** Drops values of frames that will never leave. */
  forget(at: number, count: number): void {
    this.#fifo.splice(this.#head + at, count);
    this.#moves.splice(this.#head + at, count);
  }

  /** Posts a message of the core. */
  posted(port: number, message: unknown[], moves: Transferable[]): void {
    this.report.tap?.(message, true);
    // The walk lets nothing through that an engine is known to refuse; should one, its calls must not wait.
    if (this.ports.post(port, message, moves)) return;
    this.raw.unsent(this.now(), port, message[0] as number);
    this.schedule();
  }

  // ---- Time -----------------------------------------------------------------------------------

  /** Sets the one timer; an earlier one stands and asks again when it fires. */
  wakeAt(low: number, high: number): void {
    const at = timeOf(low, high) ?? Number.POSITIVE_INFINITY;
    if (at !== Number.POSITIVE_INFINITY && at >= this.#timerAt) return;
    if (this.#timer !== undefined) clearTimer(this.#timer);
    this.#timer = undefined;
    this.#timerAt = at;
    if (at === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimer(
      () => {
        this.#timer = undefined;
        this.#timerAt = Number.POSITIVE_INFINITY;
        if (this.over) return;
        this.turn();
        this.greeter.look();
        if (this.over) return;
        this.greeter.supply();
        this.raw.wake(this.now());
        this.drain();
        this.scheduleIfDirty();
      },
      Math.min(LONGEST, Math.max(0, Math.ceil(at - this.now()))),
    );
  }

  // ---- The end --------------------------------------------------------------------------------

  /** The name the peer gives a number; checked, since it is used in look-ups and messages. */
  named(id: number, name: unknown): void {
    if (typeof name !== "string") throw new Misbehaviour(MISBEHAVIOUR_VALUE);
    if (name.length > this.settings.limits.nameLength) throw new Misbehaviour(MISBEHAVIOUR_NAME_LENGTH);
    this.server.named(id, name);
  }

  /** A session begins. */
  opened(): void {
    // An opaque page is met through a port that it sent to the one origin it allows.
    this.origin =
      this.settings.origin ??
      (this.greeter.pinned || (this.#ownNull ? (this.settings.patterns[0] ?? "") : ""));
    this.fresh = this.state === STATE_RECONNECTING;
  }

  /** The session is another one than before: its peer has forgotten everything. */
  fresh = false;

  enter(state: number): void {
    // Closed comes with its reason, in `finish`.
    if (state === STATE_CLOSED || state === this.state) return;
    const before = this.state;
    this.state = state;
    if (state === STATE_OPEN) {
      this.schedule();
      if (this.fresh) this.topics.retell();
      this.fresh = false;
    }
    if (state === STATE_RECONNECTING) this.greeter.search();
    if (before !== STATE_CONNECTING || state === STATE_OPEN) this.audience?.onState(state);
  }

  close(reason?: string): void {
    if (this.over) return;
    this.turn();
    this.flush();
    this.closing = true;
    const { raw } = this;
    const count = reason === undefined ? 0 : 1;
    if (raw.close(this.now(), count) >= 0 && count) this.push([String(reason)]);
    this.closeReason = reason;
    this.drain();
  }

  /** This side has closed. */
  closing = false;
  /** What this side said at `close`. */
  closeReason: string | undefined;

  /** The window or worker is gone for good. */
  gone(code?: PortcullisErrorCode, detail?: string): void {
    if (this.over) return;
    this.turn();
    this.ending = code && { code, detail: detail ?? "" };
    this.raw.peerGone(this.now());
    this.drain();
  }

  /** A cause that only this side of the border knows. */
  ending: { readonly code: PortcullisErrorCode; readonly detail: string } | undefined;

  finish(code: PortcullisErrorCode, reason: string | undefined, detail: string): void {
    if (this.over) return;
    this.state = STATE_CLOSED;
    mourners.delete(this);
    this.greeter.end();
    this.ports.end();
    if (this.#timer !== undefined) clearTimer(this.#timer);
    this.#ticker?.stop();
    this.calls.end(FAIL_PROTOCOL);
    this.server.end();
    this.lives.end();
    this.topics.end();
    this.#fifo = [];
    this.#moves = [];
    const { ending } = this;
    this.audience?.onState(STATE_CLOSED);
    this.audience?.onClosed(ending?.code ?? code, reason, ending?.detail ?? detail);
    // Not now: who called may still hold the link for a last word.
    if (!this.#trapped) later(() => this.raw.free());
  }

  #trapped = false;

  crashed(cause: unknown): void {
    this.#trapped = true;
    this.finish("channel/protocol", `the core stopped: ${String(cause)}`, "");
  }
}
