import { PortcullisError } from "../error.js";
import { Misbehaviour } from "./bodies.js";
import { SLOT } from "./calls.js";
import type { Driver } from "./driver.js";
import { listen, signalOfAny, unlisten } from "./intrinsics.js";
import {
  LIVE_ABORTED,
  LIVE_FUNCTION,
  LIVE_HOME,
  LIVE_ITERABLE,
  LIVE_READABLE,
  LIVE_SIGNAL,
  MISBEHAVIOUR_VALUE,
} from "./ops.js";
import { packReason } from "./reason.js";
import { type Reader, readerOf, type Writer, writerOf } from "./streams.js";
import type { Live } from "./values.js";

type Callable = (...args: unknown[]) => unknown;

interface Lent {
  readonly id: number;
  readonly value: Callable | AbortSignal;
  /** The listener at a signal. */
  readonly onAbort: (() => void) | undefined;
}

/** Where a counterpart comes from. Holds it weakly, so that it can be collected. */
interface Borrowed {
  readonly id: number;
  readonly release: (origin: Borrowed) => void;
  /** What aborts a signal. */
  readonly controller: AbortController | undefined;
  face?: WeakRef<object>;
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
  origin?.release(origin);
}

/** The live values of one channel: what it lent to the peer, and what stands here for the peer's own. */
export interface Lives {
  readonly writers: Map<number, Writer>;
  readonly readers: Map<number, Reader>;
  /** Names the live values of the next frame to the core. False when too many are lent already. */
  write(lives: readonly Live[]): boolean;
  /** The function lent under this id. */
  lent(id: number): Callable | undefined;
  /** The peer holds no counterpart of it any more. */
  dropped(id: number): void;
  /** What stands here for a live value of a body. */
  counterpart(kind: number, id: number, held: unknown, step: string | number): unknown;
  /** The owner aborted a signal that is held here. */
  aborted(id: number, reason: unknown): void;
  /** The session is over: nothing of the peer answers any more. */
  importsGone(): void;
  /** Everything is over. */
  end(): void;
}

/** The live values of a channel, whose tables are made for the first one: most channels never carry any. */
export function livesIn(driver: Driver): Lives {
  driver.lives ??= livesOf(driver);
  return driver.lives;
}

function livesOf(driver: Driver): Lives {
  const { raw, settings, over, schedule, outbox, calls } = driver;
  const table: (Lent | undefined)[] = [];
  const ids = new Map<unknown, number>();
  const imports = new Map<number, Borrowed>();
  const writers = new Map<number, Writer>();
  const readers = new Map<number, Reader>();

  const name = ({ kind, value }: Live): boolean => {
    let id = 0;
    if (kind === LIVE_FUNCTION) {
      const origin = borrowed.get(value as object);
      if (origin?.release === release && !origin.gone) {
        raw.live(LIVE_HOME, origin.id);
        return true;
      }
      id = lend(value as Callable);
    } else if (kind === LIVE_SIGNAL) id = lend(value as AbortSignal);
    else if (kind === LIVE_ITERABLE || kind === LIVE_READABLE) {
      id = raw.openStream();
      if (id >= 0) writers.set(id, writerOf(driver, id, kind, value));
    }
    if (id >= 0) raw.live(kind, id);
    else raw.clearLives();
    return id >= 0;
  };

  const lend = (value: Callable | AbortSignal): number => {
    const known = ids.get(value);
    if (known !== undefined) return known;
    const id = raw.exportValue();
    if (id < 0) return id;
    let onAbort: (() => void) | undefined;
    if (typeof value !== "function") {
      onAbort = () => {
        if (!over()) outbox.tell(raw.abortExport(id, 1), packReason(value.reason, settings));
      };
      listen(value, "abort", onAbort);
    }
    table[id & SLOT] = { id, value, onAbort };
    ids.set(value, id);
    return id;
  };

  const find = (id: number): Lent | undefined => {
    const lent = table[id & SLOT];
    return lent?.id === id ? lent : undefined;
  };

  const lent = (id: number): Callable | undefined => {
    const value = find(id)?.value;
    return typeof value === "function" ? value : undefined;
  };

  const dropped = (id: number): void => {
    const lent = find(id);
    if (!lent) return;
    table[id & SLOT] = undefined;
    ids.delete(lent.value);
    if (lent.onAbort) unlisten(lent.value, "abort", lent.onAbort);
  };

  /** The counterpart of a function or signal, the same as long as somebody holds it. */
  const borrow = (id: number, controller?: AbortController): unknown => {
    const known = imports.get(id)?.face?.deref();
    if (known) return known;
    const origin: Borrowed = { id, release, controller, gone: false };
    const face = controller ? follow(controller.signal) : callable(origin);
    origin.face = new WeakRef(face);
    imports.set(id, origin);
    borrowed.set(face, origin);
    whenCollected(face, () => release(origin));
    return face;
  };

  const callable =
    (origin: Borrowed) =>
    (...args: unknown[]): Promise<unknown> =>
      origin.gone && !over()
        ? Promise.reject(
            new PortcullisError(
              "call/peer-gone",
              "a function of the peer was called after its session or its release",
              { executed: "no" },
            ),
          )
        : calls.start("a function", args, undefined, origin.id);

  const release = (origin: Borrowed): void => {
    if (origin.gone) return;
    origin.gone = true;
    const { id } = origin;
    // A newer counterpart of the same value counts on: the core releases all arrivals at once.
    if (imports.get(id) !== origin) return;
    imports.delete(id);
    if (over()) return;
    raw.releaseImport(id);
    schedule();
  };

  /** A reader, which is left when nobody can read any more. */
  const read = (id: number, kind: number): unknown => {
    const reader = readerOf(driver, id);
    readers.set(id, reader);
    const { face, source } = kind === LIVE_READABLE ? reader.stream() : reader.iterator();
    whenCollected(source, () => reader.leave());
    return face;
  };

  const importsGone = (): void => {
    const all = [...imports.values()];
    imports.clear();
    for (const origin of all) {
      origin.gone = true;
      origin.controller?.abort(new PortcullisError("call/peer-gone", "the owner of this signal is gone"));
    }
  };

  return {
    writers,
    readers,
    lent,
    dropped,
    importsGone,
    write: (lives) => lives.every(name),
    counterpart(kind, id, held, step) {
      // An object with a working `then` would be a promise to the first `await`.
      if (step !== "then") {
        if (kind === LIVE_FUNCTION) return borrow(id);
        const own = kind === LIVE_HOME && lent(id);
        if (own) return own;
      }
      if (kind === LIVE_SIGNAL) return borrow(id, new AbortController());
      if (kind === LIVE_ABORTED) return AbortSignal.abort(held ?? undefined);
      if (kind === LIVE_ITERABLE || kind === LIVE_READABLE) return read(id, kind);
      throw new Misbehaviour(MISBEHAVIOUR_VALUE);
    },
    aborted(id, reason) {
      const origin = imports.get(id);
      if (!origin?.controller) return;
      origin.controller.abort(reason);
      release(origin);
    },
    end() {
      importsGone();
      for (const lent of table) if (lent) dropped(lent.id);
      for (const writer of [...writers.values()]) writer.stopped(undefined);
      for (const reader of [...readers.values()]) reader.finish({ error: calls.lost("the stream") });
    },
  };
}

/**
 * A signal that follows `signal` and can be collected when nobody holds it or listens to it: sources hold their
 * followers no longer than that. Engines without `any` give one that is held until the session ends.
 */
function follow(signal: AbortSignal): AbortSignal {
  return signalOfAny ? signalOfAny([signal]) : signal;
}
