import { PortcullisError } from "../error.js";
import type { Driver } from "./driver.js";
import { Channel, portClose, portPost } from "./intrinsics.js";
import { LIVE_READABLE } from "./ops.js";
import { NotCloneable } from "./path.js";
import { packReason, unpackReason } from "./reason.js";
import { Walk } from "./values.js";

/** Cost units a reader gives out when it first asks; a writer never has more on its way. */
const WINDOW = 1 << 20;

interface Source {
  next(): Promise<IteratorResult<unknown>>;
  stop(reason: unknown): unknown;
}

/** Sends what an iterable or a stream of this side yields, as far as the reader has given credit. */
export class Writer {
  readonly #driver: Driver;
  readonly #id: number;
  readonly #source: Source;
  #credit = 0;
  #busy = false;
  #over = false;

  constructor(driver: Driver, id: number, kind: number, value: unknown) {
    this.#driver = driver;
    this.#id = id;
    this.#source =
      kind === LIVE_READABLE
        ? ofStream(value as ReadableStream)
        : ofIterable(value as AsyncIterable<unknown>);
  }

  /** The reader gave credit. */
  ready(credit: number): void {
    this.#credit = credit;
    if (!this.#busy) void this.#pump();
  }

  async #pump(): Promise<void> {
    const driver = this.#driver;
    this.#busy = true;
    try {
      while (this.#credit > 0 && !this.#over) {
        const { done, value } = await this.#source.next();
        if (this.#over) break;
        if (done) {
          this.#finish();
          this.#end(value);
        } else this.#item(value);
      }
    } catch (error) {
      if (!this.#over) {
        this.#finish();
        const cause = error instanceof NotCloneable ? error.toError("item", "the stream") : error;
        if (error instanceof NotCloneable) quietly(() => this.#source.stop(cause));
        if (driver.raw.reset(this.#id, 1) >= 0) driver.push([packReason(cause, driver.settings)]);
        driver.schedule();
      }
    }
    this.#busy = false;
  }

  #item(value: unknown): void {
    const driver = this.#driver;
    const walk = new Walk(driver.settings);
    if (value !== undefined) walk.add(value);
    const count = walk.values.length;
    let credit = 0;
    driver.carry(
      walk,
      (lives) => {
        credit = driver.raw.item(this.#id, count, lives, walk.bytes);
        // Credit may be below zero and yet the item taken; only NaN says no.
        return Number.isNaN(credit) ? -1 : 0;
      },
      "the stream",
      true,
    );
    this.#credit = credit;
  }

  #end(value: unknown): void {
    const driver = this.#driver;
    const walk = new Walk(driver.settings);
    walk.lenient();
    try {
      if (value !== undefined) walk.add(value);
    } catch {
      walk.values.length = 0;
    }
    if (walk.lives.length || walk.complex) walk.values.length = 0;
    if (driver.raw.end(this.#id, walk.values.length) >= 0) driver.push(walk.values);
    driver.schedule();
  }

  #finish(): void {
    this.#over = true;
    this.#driver.lives.writers.delete(this.#id);
  }

  /** Nobody reads any more: the producer is told at once. */
  stopped(body: unknown): void {
    if (this.#over) return;
    this.#finish();
    quietly(() => this.#source.stop(body === undefined ? undefined : unpackReason(body)));
  }
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

function quietly(task: () => unknown): void {
  void (async () => task())().catch(() => undefined);
}

interface Waiter {
  resolve(result: IteratorResult<unknown>): void;
  reject(error: unknown): void;
}

/** Stands here for a stream of the peer. */
export class Reader {
  readonly #driver: Driver;
  readonly #id: number;
  #items: { readonly value: unknown; readonly cost: number }[] = [];
  #first = 0;
  readonly #waiting: Waiter[] = [];
  #started = false;
  /** How it ended: with a last value or an error. Items that came before are still given. */
  #end: { readonly value?: unknown; readonly error?: unknown } | undefined;

  constructor(driver: Driver, id: number) {
    this.#driver = driver;
    this.#id = id;
  }

  next(): Promise<IteratorResult<unknown>> {
    return new Promise((resolve, reject) => {
      const { raw } = this.#driver;
      const item = this.#items[this.#first];
      if (item) {
        if (++this.#first === this.#items.length) {
          this.#items = [];
          this.#first = 0;
        }
        if (!this.#end && !this.#driver.over) {
          raw.consumed(this.#id, item.cost);
          this.#driver.scheduleIfDirty();
        }
        return resolve({ done: false, value: item.value });
      }
      if (this.#end) return this.#last({ resolve, reject });
      this.#waiting[this.#waiting.length] = { resolve, reject };
      if (!this.#started) {
        this.#started = true;
        raw.grant(this.#id, WINDOW);
        this.#driver.schedule();
      }
    });
  }

  #last({ resolve, reject }: Waiter): void {
    const end = this.#end ?? {};
    // The end is told once; afterwards the iterator is simply done.
    this.#end = {};
    if ("error" in end) reject(end.error);
    else resolve({ done: true, value: end.value });
  }

  /** An item came. */
  item(value: unknown, cost: number): void {
    const waiter = this.#waiting.shift();
    if (!waiter) {
      this.#items[this.#items.length] = { value, cost };
      return;
    }
    this.#driver.raw.consumed(this.#id, cost);
    waiter.resolve({ done: false, value });
  }

  /** The producer is done. */
  ended(value: unknown): void {
    this.#finish({ value });
  }

  /** The producer failed, or is gone. */
  broken(gone: boolean, body: unknown): void {
    const error = gone
      ? this.#driver.calls.lost("the stream")
      : body === undefined
        ? new PortcullisError("call/threw", "the producer of this stream failed")
        : unpackReason(body);
    this.#finish({ error });
  }

  #finish(end: { value?: unknown; error?: unknown }): void {
    if (this.#end) return;
    this.#end = end;
    this.#driver.lives.readers.delete(this.#id);
    for (const waiter of this.#waiting.splice(0)) this.#last(waiter);
  }

  /** The reader leaves early: the producer is stopped. */
  leave(reason?: unknown): void {
    if (this.#end) return;
    const driver = this.#driver;
    this.#items = [];
    this.#first = 0;
    this.#finish({});
    if (driver.over) return;
    const count = reason === undefined ? 0 : 1;
    if (driver.raw.stop(this.#id, count) >= 0 && count) driver.push([packReason(reason, driver.settings)]);
    driver.schedule();
  }

  /** As an iterator that can be read once. */
  iterator(): AsyncIterableIterator<unknown> {
    const iterator: AsyncIterableIterator<unknown> = {
      next: () => this.next(),
      return: async (value?: unknown) => {
        this.leave();
        return { done: true, value: await value };
      },
      throw: async (error?: unknown) => {
        this.leave(error);
        throw error;
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    const { asyncDispose } = Symbol as { readonly asyncDispose?: symbol };
    if (asyncDispose) Object.defineProperty(iterator, asyncDispose, { value: async () => this.leave() });
    return iterator;
  }

  /**
   * As a stream; never the engine's own transfer, which WebKit lacks and which hangs when a page goes. `source` lives
   * as long as somebody may read: the stream object itself may be collected while a reader of it is in use.
   */
  stream(): { readonly face: ReadableStream; readonly source: object } {
    const source: UnderlyingDefaultSource = {
      pull: async (controller) => {
        const { done, value } = await this.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => this.leave(reason),
    };
    return { face: new ReadableStream(source, { highWaterMark: 0 }), source };
  }
}

/** Runs a task in a macrotask of its own soon, so that a producer's items of a while leave together. */
export class Ticker {
  readonly #channel = new Channel();
  /** A macrotask is on its way: one serves all items that come before it. */
  #waiting = false;

  constructor(task: () => void) {
    this.#channel.port1.onmessage = () => {
      this.#waiting = false;
      task();
    };
  }

  tick(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    portPost(this.#channel.port2, 0);
  }

  stop(): void {
    portClose(this.#channel.port1);
  }
}
