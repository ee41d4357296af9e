import { asyncDispose, dispose } from "./channel.js";
import { abortedError, meet, settingsFor } from "./connect.js";
import { PortcullisError } from "./error.js";
import { denialOf } from "./internal/causes.js";
import { core } from "./internal/core.js";
import { classOf, listen, unlisten } from "./internal/intrinsics.js";
import {
  DENIAL_NOT_TRUSTED,
  DENIAL_OPAQUE_ORIGIN,
  DENIAL_ORIGIN_NOT_ALLOWED,
  DENIAL_WRONG_NONCE,
  DENIAL_WRONG_SOURCE,
  GREETING_HELLO,
  GREETING_OFFER,
} from "./internal/ops.js";
import { patternsOf } from "./internal/patterns.js";
import { quietly, type Report, reportOf } from "./internal/report.js";
import { type Greeting, receiveStrangers } from "./internal/rooms.js";
import type { Settings } from "./internal/settings.js";
import { tappable } from "./internal/tap.js";
import { randomName } from "./popup.js";
import type { Channel, ConnectOptions, Hub, HubOptions, Peer } from "./types.js";

/** Who may say and who hears a relayed topic, by patterns of origins. */
interface Right {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /** The last value that was emitted with `retain`, for those who come later. */
  kept?: { readonly payload: unknown };
}

/**
 * Meets every allowed window that calls `connect`; in a shared or service worker, at its top level, every client.
 *
 * @throws PortcullisError `origin/*` for a bad allow-list, `connect/refused` when this page has a hub of that name,
 * `connect/aborted` when the signal has aborted already
 */
export function createHub(options: HubOptions): Hub {
  return new MeetingHub(options);
}

class MeetingHub implements Hub {
  readonly channels = new Map<string, Channel>();
  readonly #options: ConnectOptions;
  readonly #settings: Settings;
  readonly #report: Report;
  readonly #rights = new Map<string, Right>();
  readonly #listeners = {
    connect: new Set<(channel: Channel) => void>(),
    disconnect: new Set<(channel: Channel) => void>(),
  };
  readonly #undo = new Set<() => void>();
  /** Channels that are being met. */
  readonly #coming = new AbortController();
  /** Only this origin's own pages reach a worker, through ports and clients that say so by being there. */
  readonly #inWorker: boolean;
  #closed = false;

  constructor({ relay = {}, ...options }: HubOptions) {
    const { signal } = options;
    if (signal?.aborted) throw abortedError("createHub", signal);
    const scope = classOf(globalThis);
    this.#inWorker = scope === "SharedWorkerGlobalScope" || scope === "ServiceWorkerGlobalScope";
    this.#options = options;
    this.#settings = settingsFor(this.#inWorker ? 2 : 0, options);
    if (options.opaque && !options.nonce) {
      throw new PortcullisError(
        "origin/opaque",
        "a hub takes opaque pages only with a nonce, which tells them apart",
      );
    }
    for (const [topic, { publish, subscribe }] of Object.entries(relay)) {
      this.#rights.set(topic, { publish: patternsOf(publish, true), subscribe: patternsOf(subscribe, true) });
    }
    this.#report = reportOf(this.#settings, { origin: "" });
    if (scope === "SharedWorkerGlobalScope") {
      const onConnect = ({ ports: [port] }: MessageEvent): void => {
        if (port) this.#receive(port, true);
      };
      listen(globalThis, "connect", onConnect);
      this.#undo.add(() => unlisten(globalThis, "connect", onConnect));
    } else if (!this.#receive(globalThis, false)) {
      throw new PortcullisError(
        "connect/refused",
        `this page already has a hub named "${this.#settings.name}": close it first, or give this one another name`,
      );
    }
    tappable.set(this, { report: this.#report });
    if (signal) {
      const onAbort = (): void => this.close();
      listen(signal, "abort", onAbort);
      this.#undo.add(() => unlisten(signal, "abort", onAbort));
    }
  }

  #receive(ear: EventTarget, own: boolean): boolean {
    const stop = receiveStrangers(
      ear,
      this.#settings.name,
      { arrive: (greeting) => this.#arrive(greeting), report: this.#report },
      own,
    );
    if (stop) this.#undo.add(stop);
    return stop !== undefined;
  }

  /** Somebody whom nobody is bound to greets. Let in, everything is checked again by its own channel. */
  #arrive(greeting: Greeting): void {
    const { from, origin, kind } = greeting;
    const denial = this.#denialOf(greeting);
    if (denial) this.#report.refused("refused", denialOf(denial, this.#settings), origin);
    if (denial || (kind !== GREETING_HELLO && kind !== GREETING_OFFER)) return;
    const inner = this.#inWorker ? { greeting, transport: "worker" as const } : { greeting };
    meet(from as Peer, { ...this.#options, signal: this.#coming.signal }, inner).then(
      (channel) => this.#welcome(channel),
      (error: unknown) => this.#report.refused("refused", String(error), origin),
    );
  }

  /** Why a stranger is not let in, in the order of the handshake's own checks; 0 when it is. */
  #denialOf({ trusted, from, origin, shared }: Greeting): number {
    const { options, patterns } = this.#settings;
    if (!trusted) return DENIAL_NOT_TRUSTED;
    if (!from) return DENIAL_WRONG_SOURCE;
    if (options.opaque && origin === "null") return shared === options.nonce ? 0 : DENIAL_WRONG_NONCE;
    if (options.opaque) return DENIAL_ORIGIN_NOT_ALLOWED;
    if (this.#inWorker || core().allows(patterns.join("\n"), options.anyOrigin === true, origin)) return 0;
    return origin === "null" ? DENIAL_OPAQUE_ORIGIN : DENIAL_ORIGIN_NOT_ALLOWED;
  }

  #welcome(channel: Channel): void {
    const id = randomName();
    this.channels.set(id, channel);
    void channel.closed.then(() => {
      this.channels.delete(id);
      this.#tell("disconnect", channel);
    });
    for (const [topic, right] of this.#rights) {
      const listener = (payload: unknown, retain?: boolean): void =>
        this.#relay(topic, right, channel, payload, retain);
      if (fits(right.publish, channel.origin)) channel.on(topic, listener);
      if (right.kept && fits(right.subscribe, channel.origin)) {
        this.#emit(channel, topic, right.kept.payload, true);
      }
    }
    this.#tell("connect", channel);
  }

  #relay(topic: string, right: Right, from: Channel, payload: unknown, retain = false): void {
    if (retain) right.kept = { payload };
    for (const channel of this.channels.values()) {
      if (channel !== from && fits(right.subscribe, channel.origin))
        this.#emit(channel, topic, payload, retain);
    }
  }

  #emit(channel: Channel, topic: string, payload: unknown, retain: boolean): void {
    try {
      channel.emit(topic, payload, { retain });
    } catch (error) {
      this.#report.refused("dropped", String(error), channel.origin);
    }
  }

  #tell(event: "connect" | "disconnect", channel: Channel): void {
    for (const listener of [...this.#listeners[event]]) quietly(() => listener(channel));
  }

  on(event: "connect" | "disconnect", listener: (channel: Channel) => void): () => void {
    const hear = (channel: Channel): void => listener(channel);
    this.#listeners[event].add(hear);
    return () => this.#listeners[event].delete(hear);
  }

  broadcast(topic: string, payload?: unknown, options?: { retain?: boolean }): void {
    let failed: unknown;
    for (const channel of this.channels.values()) {
      try {
        channel.emit(topic, payload, options);
      } catch (error) {
        failed ??= error;
      }
    }
    // The others have it; the first failure says what is wrong with this one.
    if (failed) throw failed;
  }

  close(reason?: string): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const undo of this.#undo) undo();
    this.#undo.clear();
    for (const channel of [...this.channels.values()]) channel.close(reason);
    this.#coming.abort();
  }

  [dispose](): void {
    this.close();
  }

  async [asyncDispose](): Promise<void> {
    this.close();
  }

  declare [Symbol.dispose]: () => void;
  declare [Symbol.asyncDispose]: () => Promise<void>;
}

function fits(patterns: readonly string[], origin: string): boolean {
  return patterns.includes("*") || core().allows(patterns.join("\n"), false, origin);
}
