import type { Driver } from "./driver.js";
import { Channel, defineProperty, portClose, portPost } from "./intrinsics.js";
import { LIVE_READABLE } from "./ops.js";
import { NotCloneable } from "./path.js";
import { packReason } from "./reason.js";
import { walk } from "./values.js";

/** Cost units a reader gives out when it first asks; a writer never has more on its way. */
const WINDOW = 1 << 20;

/** Sends what an iterable or a stream of this side yields, as far as the reader has given credit. */
export interface Writer {
  /** The reader gave credit. */
  ready(credit: number): void;
  /** Nobody reads any more: the producer is told at once. */
  stopped(reason: unknown): void;
}

/** Makes the writer of a stream. */
export function writerOf(driver: Driver, id: number, kind: number, value: unknown): Writer {
  const { raw, settings, outbox } = driver;
  const { next, stop } =
    kind === LIVE_READABLE ? ofStream(value as ReadableStream) : ofIterable(value as AsyncIterable<unknown>);
  let credit = 0;
  let busy = false;
  let ended = false;

  const pump = async (): Promise<void> => {
    busy = true;
    try {
      while (credit > 0 && !ended) {
        const { done, value } = await next();
        if (ended) break;
        if (done) {
          finish();
          last(value);
        } else item(value);
      }
    } catch (error) {
      if (!ended) {
        finish();
        const isOurs = error instanceof NotCloneable;
        const reason = isOurs ? error.toError("item", "the stream") : error;
        if (isOurs) tellSource(reason);
        outbox.tell(raw.reset(id, 1), packReason(reason, settings));
      }
    }
    busy = false;
  };

  const item = (value: unknown): void => {
    let left = 0;
    outbox.send(
      "the stream",
      value === undefined ? [] : [value],
      (values, live, bytes) => {
        left = raw.item(id, values.length, live, bytes);
        // Credit may be below zero and yet the item taken; only NaN says no.
        return Number.isNaN(left) ? -1 : 0;
      },
      undefined,
      { ticks: true },
    );
    credit = left;
  };

  /** The value that a generator returns; left out where it cannot cross. */
  const last = (value: unknown): void => {
    let values: readonly unknown[] = [];
    if (value !== undefined) {
      try {
        const walked = walk([value], settings, undefined, 1);
        if (!walked.lives.length && !walked.complex) ({ values } = walked);
      } catch {
        // Not worth a failure: everything has arrived.
      }
    }
    outbox.tell(raw.end(id, values.length), ...values);
  };

  const finish = (): void => {
    ended = true;
    driver.lives?.writers.delete(id);
  };

  const tellSource = (reason: unknown): void => {
    void (async () => stop(reason))().catch(() => undefined);
  };

  return {
    ready(given) {
      credit = given;
      if (!busy) void pump();
    },
    stopped(reason) {
      if (ended) return;
      finish();
      tellSource(reason);
    },
  };
}

interface Source {
  next(): Promise<IteratorResult<unknown>>;
  stop(reason: unknown): unknown;
}

function ofIterable(iterable: AsyncIterable<unknown>): Source {
  let iterator: AsyncIterator<unknown> | undefined;
  const start = (): AsyncIterator<unknown> => (iterator ??= iterable[Symbol.asyncIterator]());
  return {
    next: async () => start().next(),
    // Also one that never ran is told, so that a generator's owner hears of it.
    stop: () => start().return?.(),
  };
}

function ofStream(stream: ReadableStream): Source {
  const reader = stream.getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<unknown>>,
    stop: (reason) => reader.cancel(reason),
  };
}

/** How a stream ended: with a last value or an error. */
interface End {
  readonly value?: unknown;
  readonly error?: unknown;
}

/** Stands here for a stream of the peer. */
export interface Reader {
  /** An item came. */
  item(value: unknown, cost: number): void;
  /** The producer is done, failed, or is gone. Items that came before are still given. */
  finish(end: End): void;
  /** The reader leaves early: the producer is stopped. */
  leave(reason?: unknown): void;
  /** As an iterator that can be read once. */
  iterator(): Face;
  /** As a stream; never the engine's own transfer, which WebKit lacks and which hangs when a page goes. */
  stream(): Face;
}

/**
 * What the application reads. `source` lives as long as somebody may read: a stream object itself may be collected
 * while a reader of it is in use.
 */
interface Face {
  readonly face: object;
  readonly source: object;
}

interface Waiter {
  resolve(result: IteratorResult<unknown>): void;
  reject(error: unknown): void;
}

/** Makes the reader of a stream. */
export function readerOf(driver: Driver, id: number): Reader {
  const { raw, settings, over, schedule, outbox } = driver;
  let items: { readonly value: unknown; readonly cost: number }[] = [];
  const waiting: Waiter[] = [];
  let started = false;
  let ended: End | undefined;

  const next = (): Promise<IteratorResult<unknown>> =>
    new Promise((resolve, reject) => {
      const item = items.shift();
      if (item) {
        if (!ended && !over()) {
          raw.consumed(id, item.cost);
          driver.settle();
        }
        resolve({ done: false, value: item.value });
      } else if (ended) last({ resolve, reject });
      else {
        waiting[waiting.length] = { resolve, reject };
        if (started) return;
        started = true;
        raw.grant(id, WINDOW);
        schedule();
      }
    });

  const last = ({ resolve, reject }: Waiter): void => {
    const end = ended as End;
    // The end is told once; afterwards the iterator is simply done.
    ended = {};
    if ("error" in end) reject(end.error);
    else resolve({ done: true, value: end.value });
  };

  const finish = (end: End): void => {
    if (ended) return;
    ended = end;
    driver.lives?.readers.delete(id);
    for (const waiter of waiting.splice(0)) last(waiter);
  };

  const leave = (reason?: unknown): void => {
    if (ended) return;
    items = [];
    finish({});
    if (over()) return;
    if (reason === undefined) outbox.tell(raw.stop(id, 0));
    else outbox.tell(raw.stop(id, 1), packReason(reason, settings));
  };

  return {
    finish,
    leave,
    item(value, cost) {
      const waiter = waiting.shift();
      if (!waiter) {
        items[items.length] = { value, cost };
        return;
      }
      raw.consumed(id, cost);
      waiter.resolve({ done: false, value });
    },
    iterator() {
      const iterator: AsyncIterableIterator<unknown> = {
        next,
        return: async (value?: unknown) => {
          leave();
          return { done: true, value: await value };
        },
        throw: async (error?: unknown) => {
          leave(error);
          throw error;
        },
        [Symbol.asyncIterator]: () => iterator,
      };
      const { asyncDispose } = Symbol as { readonly asyncDispose?: symbol };
      if (asyncDispose) defineProperty(iterator, asyncDispose, { value: async () => leave() });
      return { face: iterator, source: iterator };
    },
    stream() {
      const source: UnderlyingDefaultSource = {
        async pull(controller) {
          const { done, value } = await next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        cancel: leave,
      };
      return { face: new ReadableStream(source, { highWaterMark: 0 }), source };
    },
  };
}

/** Runs a task in a macrotask of its own soon, so that a producer's items of a while leave together. */
export interface Ticker {
  tick(): void;
  stop(): void;
}

/** Makes a ticker. */
export function tickerOf(task: () => void): Ticker {
  const { port1, port2 } = new Channel();
  /** A macrotask is on its way: one serves all items that come before it. */
  let waiting = false;
  port1.onmessage = () => {
    waiting = false;
    task();
  };
  return {
    tick() {
      if (waiting) return;
      waiting = true;
      portPost(port2, 0);
    },
    stop: () => portClose(port1),
  };
}
