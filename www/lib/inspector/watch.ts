import type { PortcullisError } from "../error.js";
import type { Driver } from "../internal/driver.js";
import type { Report } from "../internal/report.js";
import type { Tap } from "../internal/tap.js";
import type { Channel, InspectorEvent } from "../types.js";
import type { Entry, Ledger } from "./inspection.js";
import { sizeOf } from "./preview.js";
import { EXPORT, type Frame, readFrames } from "./wire.js";

/** What a Fail says, from code 1 on. */
const FAILS = ["method-not-found", "denied", "threw", "busy", "invalid", "not-cloneable", "aborted"];
/** The place in a table that an id holds. */
const SLOT = 0xfffff;

/** Several inspections may look at one channel, which knows of one tap. */
const taps = new WeakMap<Report, Set<Tap>>();

/** Adds a tap; the result takes it off again. */
export function tapInto(report: Report, tap: Tap): () => void {
  const all = taps.get(report) ?? new Set();
  taps.set(report, all.add(tap));
  report.tap = ((...what: Parameters<Tap>) => {
    for (const each of all) {
      try {
        each(...what);
      } catch (error) {
        // Looking on must not disturb what is looked at.
        console.error(error);
      }
    }
  }) as Tap;
  return () => {
    all.delete(tap);
    if (!all.size) report.tap = undefined;
  };
}

/** Turns what one channel does into entries. */
export class Watch {
  readonly #driver: Driver;
  readonly #channel: Channel;
  readonly #ledger: Ledger;
  readonly #undo: (() => void)[];
  /** Calls that wait for their answer: those of this side, and the peer's. */
  readonly #made = new Map<number, Entry>();
  readonly #served = new Map<number, Entry>();
  /** Names as they were told since the watch began, by who told them. */
  readonly #names = { out: new Map<number, string>(), in: new Map<number, string>() };
  /** What has left and is not yet acknowledged, by the number of its message. */
  #sent: { readonly seq: number; readonly entries: Entry[] }[] = [];

  constructor(driver: Driver, ledger: Ledger) {
    this.#driver = driver;
    this.#channel = driver.channel;
    this.#ledger = ledger;
    const tap = (
      what: InspectorEvent | readonly unknown[] | PortcullisError,
      more?: boolean | number,
    ): void => {
      if (Array.isArray(what)) this.#message(what, more as boolean);
      else if (what instanceof Error) this.#failed(what as PortcullisError, more as number);
      else ledger.event(what as InspectorEvent);
    };
    this.#undo = [
      tapInto(driver.report, tap as Tap),
      this.#channel.onStateChange((state) => {
        if (state === "closed") return;
        this.#state(state);
        // The peer's page is another one now, and nobody waits for these any more.
        if (state === "reconnecting") this.#leave();
      }),
    ];
    this.#state(this.#channel.state);
    void this.#channel.closed.then(({ code, reason }) => {
      this.#leave();
      if (this.#undo.length) this.#state("closed", reason ? `${code}: ${reason}` : code);
    });
  }

  stop(): void {
    for (const undo of this.#undo.splice(0)) undo();
  }

  #state(state: string, why?: string): void {
    this.#ledger.add({ ...this.#head(), kind: "state", frame: state, ...(why ? { reason: why } : {}) });
  }

  #leave(): void {
    for (const entry of this.#served.values()) this.#ledger.settle(entry, "call/peer-gone");
    this.#served.clear();
    this.#sent = [];
  }

  #head(): { at: number; channel: string; origin: string } {
    return { at: performance.now(), channel: this.#channel.name, origin: this.#channel.origin };
  }

  #message(message: readonly unknown[], out: boolean): void {
    const [seq, ack] = message as [number, number];
    if (!out) {
      while (this.#sent[0] && ((ack - this.#sent[0].seq) | 0) >= 0) {
        for (const entry of this.#sent.shift()?.entries ?? []) this.#ledger.settle(entry, "taken");
      }
    }
    const entries: Entry[] = [];
    for (const frame of readFrames(message)) {
      const entry = this.#frame(frame, out);
      if (out && entry?.fate === "sent") entries.push(entry);
    }
    if (entries.length) this.#sent.push({ seq, entries });
    this.#ledger.message(out);
  }

  #frame(frame: Frame, out: boolean): Entry | undefined {
    const { kind, words, values, lives } = frame;
    const [first = 0, second = 0] = words;
    // Calls go one way and their answers the other, so the tables change places.
    const [own, other] = out ? [this.#made, this.#served] : [this.#served, this.#made];
    const bytes = frame.bytes + sizeOf(values);
    const entry: Entry = {
      ...this.#head(),
      kind: out ? "out" : "in",
      frame: kind,
      bytes,
      fate: out ? "sent" : "taken",
      ...(lives.length ? { live: lives } : {}),
    };
    const call = other.get(first);
    switch (kind) {
      case "name":
        this.#names[out ? "out" : "in"].set(first, String(values[0]));
        entry.method = String(values[0]);
        break;
      case "call": {
        entry.method = this.#nameOf(second, frame.flags, out);
        entry.id = first;
        entry.fate = "waiting";
        const before = own.get(first);
        if (before) this.#ledger.settle(before, "sent again");
        own.set(first, entry);
        break;
      }
      case "notify":
      case "event":
        entry.method = this.#nameOf(first, frame.flags, out);
        break;
      case "reply":
      case "fail": {
        entry.id = first;
        const method = call?.method ?? (out ? undefined : this.#driver.calls.methodOf(first));
        if (method !== undefined) entry.method = method;
        if (call) entry.latencyMs = entry.at - call.at;
        const fate = kind === "reply" ? "answered" : `call/${FAILS[second - 1]}`;
        if (kind === "fail") entry.fate = fate;
        // A failure of a call that waits is told once more, with its code: see `#failed`.
        if (out || kind === "reply" || call?.fate !== "waiting") other.delete(first);
        if (call) this.#ledger.settle(call, fate, entry.latencyMs);
        break;
      }
      case "cancel": {
        entry.id = first;
        const cancelled = own.get(first);
        if (cancelled?.method !== undefined) entry.method = cancelled.method;
        if (cancelled) this.#ledger.settle(cancelled, "call/aborted", entry.at - cancelled.at);
        break;
      }
      case "item":
      case "end":
      case "reset":
      case "credit":
      case "stop":
        entry.method = `stream ${first & SLOT}`;
        entry.id = first;
        break;
      case "open":
        // A new port counts from one again.
        if (out) this.#sent = [];
        break;
    }
    if (values.length && kind !== "name") this.#ledger.keepValue(entry, values);
    this.#ledger.add(entry);
    return entry;
  }

  #nameOf(id: number, flags: number, out: boolean): string {
    if (flags & EXPORT) return `function ${id & SLOT}`;
    const told = this.#names[out ? "out" : "in"].get(id);
    return told ?? (out ? this.#driver.outbox : this.#driver.server)?.nameOf(id) ?? "";
  }

  /** A call of this side has failed, whoever found out. */
  #failed({ code, executed, message }: PortcullisError, id: number): void {
    const fate = executed === "no" ? `${code}, not executed` : code;
    const call = this.#made.get(id);
    if (call) this.#ledger.settle(call, fate, performance.now() - call.at, true);
    // It never left, or its result came and was not valid.
    else this.#ledger.add({ ...this.#head(), kind: "out", frame: "call", id, fate, reason: message });
    this.#made.delete(id);
  }
}
