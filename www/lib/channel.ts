import type { PortcullisErrorCode } from "./error.js";
import type { Audience, Driver } from "./internal/driver.js";
import { STATE_CLOSED, STATE_OPEN } from "./internal/ops.js";
import { tappable } from "./internal/tap.js";
import { plainBytes } from "./internal/values.js";
import { remoteOf } from "./remote.js";
import type { CallOptions, Channel, ChannelState, Closed, LooseMethods, Methods } from "./types.js";

const { dispose = Symbol(), asyncDispose = Symbol() } = Symbol as unknown as {
  dispose?: symbol;
  asyncDispose?: symbol;
};

/** By channel, for the package's own modules. */
export const drivers = new WeakMap<object, Driver>();

/** The public object of a driver. */
export class DrivenChannel implements Audience {
  readonly #driver: Driver;
  readonly #watchers = new Set<(state: ChannelState) => void>();
  #remote: LooseMethods | undefined;
  #end: ((closed: Closed) => void) | undefined;
  readonly closed: Promise<Closed>;
  /** For connect(): the first opening, or the end before it. */
  readonly #met: { opened(): void; failed(code: PortcullisErrorCode, detail: string): void };
  #opened = false;

  constructor(
    driver: Driver,
    met: { opened(): void; failed(code: PortcullisErrorCode, detail: string): void },
  ) {
    this.#driver = driver;
    this.#met = met;
    this.closed = new Promise((resolve) => {
      this.#end = resolve;
    });
    drivers.set(this, driver);
    tappable.set(this, driver);
  }

  get remote(): LooseMethods {
    this.#remote ??= remoteOf((method, args) => this.#driver.calls.start(method, args, undefined));
    return this.#remote;
  }

  call(method: string, args: readonly unknown[] = [], options?: CallOptions): Promise<unknown> {
    return this.#driver.calls.start(method, args, options);
  }

  notify(method: string, args: readonly unknown[] = [], options?: { transfer?: Transferable[] }): void {
    const driver = this.#driver;
    driver.mustBeOpen(method);
    const id = driver.intern(method);
    const plain = options?.transfer ? -1 : plainBytes(args);
    if (plain >= 0) {
      driver.accepted(driver.raw.notify(driver.now(), id, false, args.length, 0, plain), args, method);
      return;
    }
    const walk = driver.walk(args, "args", method, options?.transfer);
    const { length } = walk.values;
    driver.carry(
      walk,
      (lives) => driver.raw.notify(driver.now(), id, false, length, lives, walk.bytes),
      method,
    );
  }

  emit(topic: string, payload?: unknown, options?: { transfer?: Transferable[]; retain?: boolean }): void {
    this.#driver.topics.emit(topic, payload, options?.transfer, options?.retain);
  }

  on(
    topic: string,
    listener: (payload: unknown) => void,
    options?: { signal?: AbortSignal; replay?: boolean },
  ): () => void {
    return this.#driver.topics.on(topic, listener, options);
  }

  get name(): string {
    return this.#driver.settings.name;
  }

  get transport(): Channel["transport"] {
    return this.#driver.settings.transport ?? this.#driver.greeter.gate.transport;
  }

  get origin(): string {
    return this.#driver.origin;
  }

  get state(): ChannelState {
    const { state } = this.#driver;
    return state === STATE_OPEN ? "open" : state === STATE_CLOSED ? "closed" : "reconnecting";
  }

  onStateChange(listener: (state: ChannelState) => void): () => void {
    const hear = (state: ChannelState): void => listener(state);
    this.#watchers.add(hear);
    return () => this.#watchers.delete(hear);
  }

  handle(methods: Methods): void {
    this.#driver.server.handle(methods);
  }

  get bufferedAmount(): number {
    const driver = this.#driver;
    if (driver.over) return 0;
    const amount = driver.raw.buffered();
    if (amount > 0) {
      driver.raw.probe(driver.now());
      driver.schedule();
    }
    return amount;
  }

  close(reason?: string): void {
    this.#driver.close(reason);
  }

  [dispose](): void {
    this.close();
  }

  async [asyncDispose](): Promise<void> {
    this.close();
    await this.closed;
  }

  onState(state: number): void {
    if (!this.#opened) {
      if (state !== STATE_OPEN) return;
      this.#opened = true;
      this.#met.opened();
      return;
    }
    const { state: name } = this;
    for (const watcher of [...this.#watchers]) {
      try {
        watcher(name);
      } catch (error) {
        console.error(error);
      }
    }
  }

  onClosed(code: PortcullisErrorCode, reason: string | undefined, detail: string): void {
    if (!this.#opened) this.#met.failed(code, detail);
    this.#watchers.clear();
    this.#end?.(reason === undefined ? { code } : { code, reason });
  }
}
