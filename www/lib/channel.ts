import type { PortcullisErrorCode } from "./error.js";
import type { Driver } from "./internal/driver.js";
import { STATE_CLOSED, STATE_OPEN } from "./internal/ops.js";
import { quietly } from "./internal/report.js";
import { serverIn } from "./internal/server.js";
import { tappable } from "./internal/tap.js";
import { type Topics, topicsIn } from "./internal/topics.js";
import { remoteOf } from "./remote.js";
import type { CallOptions, Channel, ChannelState, Closed, LooseMethods, Methods } from "./types.js";

/** Engines that lack these have no `using` either; the keys are then nobody's. */
export const { dispose = Symbol(), asyncDispose = Symbol() } = Symbol as unknown as {
  dispose?: symbol;
  asyncDispose?: symbol;
};

/** For connect(): the first opening, or the end before it. */
interface Met {
  opened(): void;
  failed(code: PortcullisErrorCode, detail: string): void;
}

/** Makes the public object of a driver. */
export function channelOf(driver: Driver, met: Met): Channel {
  const { settings, raw, outbox, calls, now, over, close } = driver;
  let watchers: Set<(state: ChannelState) => void> | undefined;
  let opened = false;
  let remote: LooseMethods | undefined;
  let end: (closed: Closed) => void;
  const closed = new Promise<Closed>((resolve) => {
    end = resolve;
  });

  driver.onState = (state) => {
    if (opened) for (const watcher of [...(watchers ?? [])]) quietly(() => watcher(channel.state));
    else if (state === STATE_OPEN) {
      opened = true;
      met.opened();
    }
  };
  driver.onClosed = (code, reason, detail) => {
    if (!opened) met.failed(code, detail);
    watchers?.clear();
    end(reason === undefined ? { code } : { code, reason });
  };

  const channel = {
    closed,
    close,
    get remote(): LooseMethods {
      remote ??= remoteOf(calls.start);
      return remote;
    },
    call: (method: string, args: readonly unknown[] = [], options?: CallOptions) =>
      calls.start(method, args, options),
    notify(method: string, args: readonly unknown[] = [], options?: { transfer?: Transferable[] }): void {
      const id = outbox.intern(method);
      outbox.send(
        method,
        args,
        (values, lives, bytes) => raw.notify(now(), id, false, values.length, lives, bytes),
        "args",
        options,
      );
    },
    emit: ((topic, payload, options) => topicsIn(driver).emit(topic, payload, options)) as Topics["emit"],
    on: ((topic, listener, options) => topicsIn(driver).on(topic, listener, options)) as Topics["on"],
    handle: (methods: Methods) => serverIn(driver).handle(methods),
    get name(): string {
      return settings.name;
    },
    get transport(): Channel["transport"] {
      return settings.transport ?? driver.greeter.gate.transport;
    },
    get origin(): string {
      return driver.origin;
    },
    get state(): ChannelState {
      const { state } = driver;
      return state === STATE_OPEN ? "open" : state === STATE_CLOSED ? "closed" : "reconnecting";
    },
    onStateChange(listener: (state: ChannelState) => void): () => void {
      const hear = (state: ChannelState): void => listener(state);
      watchers ??= new Set();
      watchers.add(hear);
      return () => watchers?.delete(hear);
    },
    get bufferedAmount(): number {
      if (over()) return 0;
      const amount = raw.buffered();
      if (amount > 0) {
        raw.probe(now());
        driver.schedule();
      }
      return amount;
    },
    [dispose]: () => close(),
    async [asyncDispose](): Promise<void> {
      close();
      await closed;
    },
  } as unknown as Channel;
  tappable.set(channel, driver);
  driver.channel = channel;
  return channel;
}
