import { PortcullisError } from "../error.js";
import type { Driver } from "./driver.js";
import { later, listen, unlisten } from "./intrinsics.js";
import type { Walk } from "./values.js";

/** Topics whose last value is kept, on each side; a peer that names more makes the oldest go. */
const RETAINED = 1024;

type Listener = (payload: unknown, retain: boolean) => void;

/** Events both ways. */
export class Topics {
  readonly #driver: Driver;
  readonly #listeners = new Map<string, Set<Listener>>();
  /** Last values that the peer said to keep. */
  readonly #heard = new Map<string, unknown>();
  /** Last values emitted with `retain`, for a peer that comes back without memory. */
  readonly #told = new Map<string, unknown>();

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  on(topic: string, listener: Listener, options?: { signal?: AbortSignal; replay?: boolean }): () => void {
    const signal = options?.signal;
    let on = !signal?.aborted;
    if (!on) return () => {};
    // A wrapper of its own: the same function may listen twice, and each leaves by itself.
    const hear: Listener = (payload, retain) => on && listener(payload, retain);
    const set = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, set.add(hear));
    const off = (): void => {
      on = false;
      set.delete(hear);
      if (!set.size && this.#listeners.get(topic) === set) this.#listeners.delete(topic);
      if (signal) unlisten(signal, "abort", off);
    };
    if (signal) listen(signal, "abort", off);
    if (options?.replay && this.#heard.has(topic)) {
      const payload = this.#heard.get(topic);
      later(() => this.#tell(hear, payload, true));
    }
    return off;
  }

  /** An event came. */
  deliver(topic: string, payload: unknown, retain: boolean): void {
    if (retain) keep(this.#heard, topic, payload);
    const listeners = this.#listeners.get(topic);
    if (listeners) for (const listener of [...listeners]) this.#tell(listener, payload, retain);
  }

  #tell(listener: Listener, payload: unknown, retain: boolean): void {
    try {
      listener(payload, retain);
    } catch (error) {
      // The application's own fault, and nobody waits for it: shown where the page's other faults show.
      console.error(error);
    }
  }

  emit(topic: string, payload: unknown, transfer?: Transferable[], retain = false): void {
    const driver = this.#driver;
    driver.mustBeOpen(topic);
    const walk = driver.walk(payload === undefined ? [] : [payload], "payload", topic, transfer);
    if (retain) {
      if (walk.lives.length || walk.moves.length) {
        throw new PortcullisError(
          "call/invalid",
          `${driver.calls.describe(topic)} cannot be retained: transfers and live values cross once`,
        );
      }
      keep(this.#told, topic, walk.values[0]);
    }
    this.#send(topic, walk, retain);
  }

  #send(topic: string, walk: Walk, retain: boolean): void {
    const driver = this.#driver;
    const id = driver.intern(topic, "call/invalid");
    const { length } = walk.values;
    driver.carry(
      walk,
      (lives) => driver.raw.emit(driver.now(), id, length, retain, lives, walk.bytes),
      topic,
    );
  }

  /** The peer is back and knows nothing. */
  retell(): void {
    for (const [topic, payload] of this.#told) {
      try {
        this.#send(topic, this.#driver.walk([payload], "payload", topic), true);
      } catch {
        // The queue is full of newer things; the next value will be told.
      }
    }
  }

  end(): void {
    this.#listeners.clear();
    this.#heard.clear();
    this.#told.clear();
  }
}

function keep(values: Map<string, unknown>, topic: string, payload: unknown): void {
  values.delete(topic);
  values.set(topic, payload);
  if (values.size > RETAINED) values.delete(values.keys().next().value as string);
}
