import { PortcullisError } from "../error.js";
import { Misbehaviour } from "./bodies.js";
import { SLOT } from "./calls.js";
import type { Driver } from "./driver.js";
import { listen, unlisten } from "./intrinsics.js";
import {
  LIVE_ABORTED,
  LIVE_FUNCTION,
  LIVE_HOME,
  LIVE_ITERABLE,
  LIVE_READABLE,
  LIVE_SIGNAL,
  MISBEHAVIOUR_VALUE,
} from "./ops.js";
import { packReason, unpackReason } from "./reason.js";
import { Reader, Writer } from "./streams.js";
import type { Live } from "./values.js";

// biome-ignore lint/complexity/noBannedTypes: any function of the application may cross
type Callable = Function;

interface Lent {
  readonly id: number;
  readonly value: Callable | AbortSignal;
  readonly onAbort?: () => void;
}

/** Where a counterpart comes from. Holds no counterpart, so that those can be collected. */
interface Borrowed {
  readonly id: number;
  readonly lives: Lives;
  gone: boolean;
}

/** By counterpart: what it stands for. */
const borrowed = new WeakMap<object, Borrowed>();
/** Tells when nobody holds a counterpart any more. Made when the first one is. */
let collected: FinalizationRegistry<() => void> | undefined;

function whenCollected(value: object, then: () => void): void {
  collected ??= new FinalizationRegistry((task) => task());
  collected.register(value, then);
}

/** Gives back a function of the peer; see `release` in transfer.ts. */
export function releaseBorrowed(value: object): void {
  const origin = borrowed.get(value);
  if (origin) origin.lives.release(origin);
}

/** The live values of one channel: what it lent to the peer, and what stands here for the peer's own. */
export class Lives {
  readonly #driver: Driver;
  readonly #lent: (Lent | undefined)[] = [];
  readonly #lentIds = new Map<unknown, number>();
  readonly #functions = new Map<number, { readonly face: WeakRef<Callable>; readonly origin: Borrowed }>();
  /** Held fast: a listener that waits for the abort is reason enough, and nobody can ask for those. */
  readonly #signals = new Map<number, AbortController>();
  readonly writers = new Map<number, Writer>();
  readonly readers = new Map<number, Reader>();

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  /** Names the live values of the next frame to the core. False when too many are lent already. */
  write(lives: readonly Live[]): boolean {
    const { raw } = this.#driver;
    for (const { kind, value } of lives) {
      const id = this.#write(kind, value);
      if (id === undefined) {
        raw.clearLives();
        return false;
      }
    }
    return true;
  }

  #write(kind: number, value: unknown): number | undefined {
    const { raw } = this.#driver;
    let id = 0;
    if (kind === LIVE_FUNCTION) {
      const origin = borrowed.get(value as object);
      if (origin?.lives === this && !origin.gone) {
        raw.live(LIVE_HOME, origin.id);
        return 0;
      }
      id = this.#lend(value as Callable);
    } else if (kind === LIVE_SIGNAL) id = this.#lend(value as AbortSignal, true);
    else if (kind === LIVE_ITERABLE || kind === LIVE_READABLE) {
      id = raw.openStream();
      if (id >= 0) this.writers.set(id, new Writer(this.#driver, id, kind, value));
    }
    if (id < 0) return undefined;
    raw.live(kind, id);
    return id;
  }

  #lend(value: Callable | AbortSignal, isSignal = false): number {
    const known = this.#lentIds.get(value);
    if (known !== undefined) return known;
    const { raw } = this.#driver;
    const id = raw.exportValue();
    if (id < 0) return id;
    const lent: Lent = isSignal ? { id, value, onAbort: () => this.#abort(id) } : { id, value };
    if (lent.onAbort) listen(value, "abort", lent.onAbort);
    this.#lent[id & SLOT] = lent;
    this.#lentIds.set(value, id);
    return id;
  }

  #abort(id: number): void {
    const driver = this.#driver;
    const lent = this.#lent[id & SLOT];
    if (!lent || driver.over) return;
    const body = packReason((lent.value as AbortSignal).reason, driver.settings);
    if (driver.raw.abortExport(id, 1) >= 0) driver.push([body]);
    driver.schedule();
  }

  /** The function lent under this id. */
  lent(id: number): ((...args: unknown[]) => unknown) | undefined {
    const lent = this.#lent[id & SLOT];
    return lent?.id === id && typeof lent.value === "function"
      ? (lent.value as (...args: unknown[]) => unknown)
      : undefined;
  }

  /** The peer holds no counterpart of it any more. */
  dropped(id: number): void {
    const lent = this.#lent[id & SLOT];
    if (lent?.id !== id) return;
    this.#lent[id & SLOT] = undefined;
    this.#lentIds.delete(lent.value);
    if (lent.onAbort) unlisten(lent.value, "abort", lent.onAbort);
  }

  /** What stands here for a live value of a body. */
  counterpart(kind: number, id: number, held: unknown, step: string | number): unknown {
    // An object with a working `then` would be a promise to the first `await`.
    if ((kind === LIVE_FUNCTION || kind === LIVE_HOME) && step === "then")
      throw new Misbehaviour(MISBEHAVIOUR_VALUE);
    switch (kind) {
      case LIVE_FUNCTION:
        return this.#function(id);
      case LIVE_HOME: {
        const own = this.lent(id);
        if (own) return own;
        break;
      }
      case LIVE_SIGNAL: {
        const controller = this.#signals.get(id) ?? new AbortController();
        this.#signals.set(id, controller);
        return controller.signal;
      }
      case LIVE_ABORTED:
        return AbortSignal.abort(held ?? undefined);
      case LIVE_ITERABLE:
      case LIVE_READABLE: {
        const reader = new Reader(this.#driver, id);
        this.readers.set(id, reader);
        if (kind === LIVE_ITERABLE) {
          const face = reader.iterator();
          whenCollected(face, () => reader.leave());
          return face;
        }
        const { face, source } = reader.stream();
        whenCollected(source, () => reader.leave());
        return face;
      }
    }
    throw new Misbehaviour(MISBEHAVIOUR_VALUE);
  }

  #function(id: number): Callable {
    const known = this.#functions.get(id)?.face.deref();
    if (known) return known;
    const origin: Borrowed = { id, lives: this, gone: false };
    const driver = this.#driver;
    const face = (...args: unknown[]): Promise<unknown> =>
      origin.gone && !driver.over
        ? Promise.reject(
            new PortcullisError(
              "call/peer-gone",
              "a function of the peer was called after its session or its release",
              {
                executed: "no",
              },
            ),
          )
        : driver.calls.start("a function", args, undefined, id);
    this.#functions.set(id, { face: new WeakRef(face), origin });
    borrowed.set(face, origin);
    whenCollected(face, () => this.release(origin));
    return face;
  }

  release(origin: Borrowed): void {
    if (origin.gone) return;
    origin.gone = true;
    // A newer counterpart of the same function counts on: the core releases all arrivals at once.
    if (this.#functions.get(origin.id)?.origin !== origin) return;
    this.#functions.delete(origin.id);
    if (this.#driver.over) return;
    this.#driver.raw.releaseImport(origin.id);
    this.#driver.schedule();
  }

  /** The owner aborted a signal that is held here. */
  aborted(id: number, body: unknown): void {
    const controller = this.#signals.get(id);
    if (!controller) return;
    this.#signals.delete(id);
    controller.abort(body === undefined ? undefined : unpackReason(body));
    this.#driver.raw.releaseImport(id);
    this.#driver.schedule();
  }

  /** The session is over: nothing of the peer answers any more. */
  importsGone(): void {
    for (const { origin } of this.#functions.values()) origin.gone = true;
    this.#functions.clear();
    const signals = [...this.#signals.values()];
    this.#signals.clear();
    for (const signal of signals) {
      signal.abort(new PortcullisError("call/peer-gone", "the owner of this signal is gone"));
    }
  }

  /** Everything is over. */
  end(): void {
    this.importsGone();
    for (const lent of this.#lent) if (lent) this.dropped(lent.id);
    for (const writer of [...this.writers.values()]) writer.stopped(undefined);
    for (const reader of [...this.readers.values()]) reader.broken(true, undefined);
  }
}
