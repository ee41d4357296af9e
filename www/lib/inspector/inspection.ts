import { PortcullisError } from "../error.js";
import { channelFacade } from "../internal/facade.js";
import { tappable } from "../internal/tap.js";
import type { Channel, Hub, InspectorEvent } from "../types.js";
import { preview } from "./preview.js";
import { tapInto, Watch } from "./watch.js";

const { dispose = Symbol() } = Symbol as unknown as { dispose?: symbol };

/** Characters kept of a value. */
const VALUE = 2_000;

/** How an inspection keeps what it sees. */
export interface InspectOptions {
  /** Keep what crosses, as text. Default false: values are counted and never looked into. */
  values?: boolean;
  /** Entries kept; older ones go first. Default 1 000. */
  limit?: number;
}

/** One line of the timeline: a frame, a refusal, or a change of state. */
export interface InspectedEvent extends Omit<InspectorEvent, "value"> {
  /** What became of it: `waiting`, `answered`, an error code; `sent` or `taken` for what has no answer. */
  readonly fate?: string;
  /** Milliseconds from a call to its answer; on both. */
  readonly latencyMs?: number;
  /** What crossed as a counterpart: `function`, `stream`, `signal`, `error`. */
  readonly live?: readonly string[];
  /** What crossed, as text. Only while values are asked for. */
  readonly value?: string;
}

/** What was seen in all, also before the oldest entry that is kept. */
export interface Counters {
  /** Calls, whoever made them, and what became of them. */
  calls: number;
  answered: number;
  failed: number;
  /** Notifications, events and stream items. */
  oneWay: number;
  refused: number;
  dropped: number;
  messagesOut: number;
  messagesIn: number;
  /** Estimated bytes of all frames. */
  bytesOut: number;
  bytesIn: number;
  /** Entries that were not kept while the inspection was paused. */
  missed: number;
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };
/** @internal */
export type Entry = Mutable<InspectedEvent>;

/** What a watch writes into. @internal */
export interface Ledger {
  add(entry: Entry): void;
  event(event: InspectorEvent): void;
  message(out: boolean): void;
  settle(entry: Entry, fate: string, latencyMs?: number, again?: boolean): void;
  keepValue(entry: Entry, values: readonly unknown[]): void;
}

/** Frames that carry nothing of the application. */
const ONE_WAY = /^(notify|event|item)$/;

/** The record of what one or more channels do, from when they were added. */
export class Inspection implements Disposable {
  /** Keep what crosses, as text, from now on. */
  values: boolean;
  /** Entries kept. */
  readonly limit: number;
  /** When it began, on the clock of the entries. */
  readonly since = performance.now();
  /** While true nothing new is kept; the counters go on, and calls that are shown still end. */
  paused = false;
  readonly counters: Counters = {
    calls: 0,
    answered: 0,
    failed: 0,
    oneWay: 0,
    refused: 0,
    dropped: 0,
    messagesOut: 0,
    messagesIn: 0,
    bytesOut: 0,
    bytesIn: 0,
    missed: 0,
  };
  #entries: Entry[] = [];
  readonly #targets = new Map<object, () => void>();
  readonly #listeners = new Set<() => void>();
  readonly #ledger: Ledger;

  /** @internal */
  constructor({ values = false, limit = 1_000 }: InspectOptions = {}) {
    this.values = values;
    this.limit = limit;
    this.#ledger = {
      add: (entry) => this.#add(entry),
      event: (event) => {
        this.counters[event.kind === "refused" ? "refused" : "dropped"] += 1;
        this.#add({ ...event, fate: event.kind } as Entry);
      },
      message: (out) => {
        this.counters[out ? "messagesOut" : "messagesIn"] += 1;
      },
      settle: (entry, fate, latencyMs, again) => this.#settle(entry, fate, latencyMs, again),
      keepValue: (entry, values) => {
        if (this.values && !this.paused)
          entry.value = values.map((value) => preview(value, VALUE)).join(", ");
      },
    };
  }

  /** What was seen, oldest first. */
  get entries(): readonly InspectedEvent[] {
    return this.#entries;
  }

  /** How many channels are looked at, hubs not counted. */
  get channels(): number {
    let count = 0;
    for (const target of this.#targets.keys()) if (!("channels" in target)) count += 1;
    return count;
  }

  /**
   * Looks at a channel, or at a hub and every channel that it has and will have.
   *
   * @throws PortcullisError `call/invalid` for anything else, `wasm/not-ready` when the page has loaded no channel entry
   */
  add(target: Channel | Hub): this {
    channelFacade();
    const tapped = tappable.get(target);
    if (!tapped) {
      throw new PortcullisError(
        "call/invalid",
        "inspect() takes a channel or a hub of this page, made by this copy of the package",
      );
    }
    if (this.#targets.has(target)) return this;
    if ("calls" in tapped) {
      const watch = new Watch(tapped, this.#ledger);
      this.#targets.set(target, () => watch.stop());
    } else {
      const { channels } = target as Hub;
      const undo = [
        tapInto(tapped.report, ((event: InspectorEvent) => this.#ledger.event(event)) as never),
        (target as Hub).on("connect", (channel) => this.add(channel)),
        (target as Hub).on("disconnect", (channel) => this.#targets.delete(channel)),
      ];
      this.#targets.set(target, () => {
        for (const each of undo) each();
      });
      for (const channel of channels.values()) this.add(channel);
    }
    return this;
  }

  /** Hears that something has changed, until the returned function is called. */
  onChange(listener: () => void): () => void {
    const hear = (): void => listener();
    this.#listeners.add(hear);
    return () => this.#listeners.delete(hear);
  }

  /** Forgets the entries; the counters go on. */
  clear(): void {
    this.#entries = [];
    this.#changed();
  }

  /** Looks no more. What was seen stays. */
  stop(): void {
    for (const undo of this.#targets.values()) undo();
    this.#targets.clear();
  }

  /** The whole record, for `JSON.stringify`. Times are milliseconds since the page was opened. */
  toJSON(): { portcullis: 1; exportedAt: string; counters: Counters; entries: readonly InspectedEvent[] } {
    return {
      portcullis: 1,
      exportedAt: new Date().toISOString(),
      counters: { ...this.counters },
      entries: this.#entries.map((entry) => ({ ...entry })),
    };
  }

  [dispose](): void {
    this.stop();
  }

  declare [Symbol.dispose]: () => void;

  #add(entry: Entry): void {
    const { counters } = this;
    if (entry.kind === "out") counters.bytesOut += entry.bytes ?? 0;
    else if (entry.kind === "in") counters.bytesIn += entry.bytes ?? 0;
    if (entry.frame === "call") {
      counters.calls += 1;
      if (entry.fate !== "waiting") counters.failed += 1;
    } else if (ONE_WAY.test(entry.frame ?? "")) counters.oneWay += 1;
    if (this.paused) counters.missed += 1;
    else {
      this.#entries.push(entry);
      // Not one by one: that would move the whole list each time.
      if (this.#entries.length > this.limit * 1.25) this.#entries = this.#entries.slice(-this.limit);
    }
    this.#changed();
  }

  #settle(entry: Entry, fate: string, latencyMs?: number, again = false): void {
    const first = entry.fate === "waiting";
    if (!first && !again && entry.fate !== "sent") return;
    entry.fate = fate;
    if (latencyMs !== undefined) entry.latencyMs = latencyMs;
    // It has not failed: it stands in the timeline once more, and is counted there.
    if (fate === "sent again") this.counters.calls -= 1;
    else if (first) this.counters[fate === "answered" ? "answered" : "failed"] += 1;
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
