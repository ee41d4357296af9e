import { PortcullisError, type PortcullisErrorCode } from "../error.js";
import type { Channel } from "../types.js";
import { Misbehaviour } from "./bodies.js";
import { borderOf, isMessage } from "./border.js";
import { type Calls, callsOf } from "./calls.js";
import { core, mourners, type RawLink } from "./core.js";
import type { Gate } from "./gate.js";
import { type Greeter, greeterOf } from "./greeter.js";
import { clearTimer, clock, eventData, later, random, setTimer } from "./intrinsics.js";
import type { Lives } from "./live.js";
import {
  FAIL_PROTOCOL,
  MISBEHAVIOUR_MALFORMED,
  STATE_CLOSED,
  STATE_CONNECTING,
  STATE_OPEN,
  STATE_RECONNECTING,
} from "./ops.js";
import { type Outbox, outboxOf } from "./outbox.js";
import { carryOut } from "./outputs.js";
import { type Ports, portsOf } from "./ports.js";
import { type Report, reportOf } from "./report.js";
import { type Server, serverIn } from "./server.js";
import type { Settings } from "./settings.js";
import { type Ticker, tickerOf } from "./streams.js";
import type { Topics } from "./topics.js";

/** Longest delay a timer takes. */
const LONGEST = 2 ** 31 - 1;
/** A time that never comes, as the core says it. */
const NEVER = 2 ** 32 - 1;

/** A cause of the end, with words for a `connect` that fails by it. */
interface Ending {
  readonly code: PortcullisErrorCode;
  readonly detail: string;
}

/**
 * Drives one link of the core: feeds it greetings, messages, the clock and what the application does, and carries
 * out what it answers.
 */
export interface Driver {
  readonly settings: Settings;
  readonly raw: RawLink;
  readonly report: Report;
  readonly outbox: Outbox;
  readonly calls: Calls;
  /** Made when first needed: see `serverIn`, `topicsIn` and `livesIn`. */
  server?: Server;
  topics?: Topics;
  lives?: Lives;
  readonly ports: Ports;
  readonly greeter: Greeter;
  /** The public object. */
  channel: Channel;
  /** The public side hears: open, reconnecting, closed, as a `STATE_*`. */
  onState(state: number): void;
  onClosed(code: PortcullisErrorCode, reason: string | undefined, detail: string): void;
  /** The peer's origin as checked. */
  origin: string;
  state: number;
  /** This side has closed, and said this. */
  closing: boolean;
  closeReason: string | undefined;
  /** A cause of the end that only this side of the border knows. */
  ending: Ending | undefined;

  /** Nothing more happens. */
  over(): boolean;
  /** Milliseconds, the same all through a turn. */
  now(): number;
  /** Takes an event: begins a new turn, lets `tell` tell the core, and carries out its answer to it. */
  take(tell: () => void, values?: readonly unknown[]): void;
  /** Sends what this turn queued when it is over. */
  schedule(): void;
  /** Sends what is queued after a macrotask, so that what a producer yields in a while leaves together. */
  tick(): void;
  /** Sends what is queued now. */
  flush(): void;
  /** Sends what the core queued by itself. */
  settle(): void;
  /** A message of a port. */
  receive(port: number, event: Event): void;
  /** Posts a message of the core. */
  posted(port: number, message: unknown[], moves: Transferable[]): void;
  /** Sets the one timer; an earlier one stands and asks again when it fires. */
  wakeAfter(ms: number): void;
  /** A session begins. */
  opened(): void;
  enter(state: number): void;
  close(reason?: string): void;
  /** The window or worker is gone for good. */
  gone(ending?: Ending): void;
  finish(code: PortcullisErrorCode, reason: string | undefined, detail: string): void;
  /** The core trapped: nothing of it may be used any more. */
  crashed(cause: unknown): void;
}

/** Makes the driver of a new link. */
export function driverOf(settings: Settings, gate: Gate, kind: number, ownNull: boolean): Driver {
  const { options, limits, patterns } = settings;
  const { RawLink } = core();
  if (!random) {
    throw new PortcullisError(
      "connect/refused",
      "this page has no crypto.getRandomValues, and nothing else is random enough",
    );
  }
  /** The time, read once in a turn; 0 when it is to be read. */
  let time = 0;
  let scheduled = false;
  let timer: number | undefined;
  let timerAt = Infinity;
  let ticker: Ticker | undefined;
  let trapped = false;
  /** The session is another one than before: its peer has forgotten everything. */
  let fresh = false;

  const now = (): number => (time ||= clock());
  const over = (): boolean => driver.state === STATE_CLOSED;
  const raw = new RawLink(
    now(),
    kind,
    ownNull,
    patterns.join("\n"),
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
  const border = borderOf(raw);

  /** Carries out what the core has answered; `values` are those of the message that it answers to. */
  const drain = (values: readonly unknown[] = []): void => {
    if (over()) return;
    const count = raw.poll(now());
    if (count <= 0) return;
    try {
      carryOut(driver, border.read(raw.outAt(), count), values);
    } catch (error) {
      if (!(error instanceof Misbehaviour)) throw error;
      violation(error.code);
    }
  };

  /** Ends the channel: the peer broke the protocol in a way that only values show. */
  const violation = (code: number): void => {
    if (over()) return;
    raw.violation(now(), code);
    drain();
  };

  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    later(() => {
      scheduled = false;
      flush();
      time = 0;
    });
  };

  const flush = (): void => {
    if (over()) return;
    raw.flush(now());
    drain();
  };

  const settle = (): void => {
    if (!over() && raw.dirty()) schedule();
  };

  const take = (tell: () => void, values?: readonly unknown[]): void => {
    if (over()) return;
    time = 0;
    tell();
    drain(values);
    settle();
    if (!scheduled) time = 0;
  };

  const driver = {
    settings,
    raw,
    origin: "",
    state: STATE_CONNECTING,
    closing: false,
    over,
    now,
    take,
    schedule,
    flush,
    settle,

    tick() {
      ticker ??= tickerOf(flush);
      ticker.tick();
    },

    receive(port, event) {
      if (over()) return;
      const data = eventData(event);
      const sound = isMessage(data) && border.write(data, 3, data[2]);
      take(
        () => {
          if (!sound) return raw.violation(now(), MISBEHAVIOUR_MALFORMED);
          driver.report.tap?.(data, false);
          const [seq, ack, n] = data;
          raw.receive(now(), port, seq, ack, n, data.length - 3 - n);
        },
        sound ? data.slice(3 + data[2]) : undefined,
      );
    },

    posted(port, message, moves) {
      driver.report.tap?.(message, true);
      // The walk lets nothing through that an engine is known to refuse; should one, its calls must not wait.
      if (driver.ports.post(port, message, moves)) return;
      raw.unsent(now(), port, message[0] as number);
      schedule();
    },

    wakeAfter(ms) {
      const at = ms < NEVER ? now() + ms : Infinity;
      if (ms < NEVER && at >= timerAt) return;
      if (timer !== undefined) clearTimer(timer);
      timer = undefined;
      timerAt = at;
      if (ms === NEVER) return;
      timer = setTimer(
        () => {
          timer = undefined;
          timerAt = Infinity;
          take(() => {
            driver.greeter.look();
            if (over()) return;
            driver.greeter.supply();
            raw.wake(now());
          });
        },
        Math.min(LONGEST, ms),
      );
    },

    opened() {
      // An opaque page is met through a port that it sent to the one origin it allows.
      driver.origin = driver.greeter.pinned || (ownNull ? (patterns[0] ?? "") : "");
      fresh = driver.state === STATE_RECONNECTING;
    },

    enter(state) {
      const before = driver.state;
      // Closed comes with its reason, in `finish`.
      if (state === STATE_CLOSED || state === before) return;
      driver.state = state;
      if (state === STATE_OPEN) {
        schedule();
        if (fresh) driver.topics?.retell();
        fresh = false;
      }
      if (state === STATE_RECONNECTING) driver.greeter.search();
      if (before !== STATE_CONNECTING || state === STATE_OPEN) driver.onState(state);
    },

    close(reason) {
      take(() => {
        flush();
        driver.closing = true;
        driver.closeReason = reason;
        if (reason === undefined) raw.close(now(), 0);
        else driver.outbox.tell(raw.close(now(), 1), String(reason));
      });
    },

    gone(ending) {
      take(() => {
        driver.ending = ending;
        raw.peerGone(now());
      });
    },

    finish(code, reason, detail) {
      if (over()) return;
      driver.state = STATE_CLOSED;
      mourners.delete(driver);
      driver.greeter.end();
      driver.ports.end();
      if (timer !== undefined) clearTimer(timer);
      ticker?.stop();
      driver.calls.end(FAIL_PROTOCOL);
      driver.server?.end();
      driver.lives?.end();
      driver.topics?.end();
      const { ending } = driver;
      driver.onState(STATE_CLOSED);
      driver.onClosed(ending?.code ?? code, reason, ending?.detail ?? detail);
      // Not now: who called may still hold the link for a last word.
      if (!trapped) later(() => raw.free());
    },

    crashed(cause) {
      trapped = true;
      driver.finish("channel/protocol", `the core stopped: ${String(cause)}`, "");
    },
  } as { -readonly [Key in keyof Driver]: Driver[Key] };

  driver.report = reportOf(settings, driver);
  driver.outbox = outboxOf(driver);
  driver.calls = callsOf(driver);
  driver.ports = portsOf(driver);
  driver.greeter = greeterOf(driver, gate);
  if (options.methods) serverIn(driver);
  mourners.add(driver);
  return driver;
}
