import { PortcullisError, type PortcullisErrorCode } from "../error.js";
import type { CallOptions } from "../types.js";
import type { Driver } from "./driver.js";
import { isArray, listen, unlisten } from "./intrinsics.js";
import {
  EXECUTED_NO,
  FAIL_ABORTED,
  FAIL_BUSY,
  FAIL_CHANNEL_CLOSED,
  FAIL_DENIED,
  FAIL_INVALID,
  FAIL_METHOD_NOT_FOUND,
  FAIL_NOT_CLONEABLE,
  FAIL_PEER_GONE,
  FAIL_PROTOCOL,
  FAIL_THREW,
  FAIL_TIMED_OUT,
  NOT_SENT_BUSY,
  NOT_SENT_GONE,
} from "./ops.js";
import { packReason, unpackReason } from "./reason.js";
import { check, schemasOf } from "./schema.js";
import { threw } from "./thrown.js";
import { plainBytes } from "./values.js";

/** The part of an id that is a place in a table. */
export const SLOT = 0xfffff;
const IDEMPOTENT = 1;

interface Pending {
  readonly id: number;
  readonly method: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** For a call that may be sent again: what it was made with. */
  readonly args: readonly unknown[] | undefined;
  readonly trace: Error | undefined;
  /** How long it may take. */
  readonly ms: number;
  /** Takes the listener off the caller's signal. */
  stop: (() => void) | undefined;
}

/** Codes and words of the failures that need no more than that. */
const FAILURES: Record<number, readonly [PortcullisErrorCode, string]> = {
  [FAIL_METHOD_NOT_FOUND]: [
    "call/method-not-found",
    "is not offered: only own properties of its `methods` are",
  ],
  [FAIL_DENIED]: ["call/denied", "was denied by its `authorize`"],
  [FAIL_BUSY]: ["call/busy", "was refused: it runs as many calls as its limits.pendingCalls allows"],
  [FAIL_ABORTED]: ["call/aborted", "was aborted there"],
  [FAIL_TIMED_OUT]: ["call/timed-out", "did not answer within % ms: see timeoutMs and callTimeoutMs"],
  [FAIL_PEER_GONE]: ["call/peer-gone", "was not answered: the peer is gone"],
  [FAIL_CHANNEL_CLOSED]: ["channel/closed", "was not answered: the channel was closed here"],
  [FAIL_PROTOCOL]: ["channel/protocol", "was not answered: the peer broke the protocol"],
};

/** The calls made from here that wait for an answer. */
export class Calls {
  readonly #driver: Driver;
  readonly #pending: (Pending | undefined)[] = [];

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  /** What a method, function or topic is called in messages. Made only when one is needed. */
  describe(name: string): string {
    return `"${name}" of ${this.#driver.origin || "the peer"}`;
  }

  /** Calls a method by name, or with `target` a function of the peer. */
  start(
    method: string,
    args: readonly unknown[],
    options: CallOptions | undefined,
    target?: number,
  ): Promise<unknown> {
    // What is thrown in here rejects.
    return new Promise((resolve, reject) => {
      const driver = this.#driver;
      const { raw } = driver;
      driver.mustBeOpen(method);
      const signal = options?.signal;
      if (signal?.aborted) throw this.#aborted(method, signal);
      const isExport = target !== undefined;
      const to = isExport ? target : driver.intern(method);
      const timeout = options?.timeoutMs ?? -1;
      const flags = options?.idempotent ? IDEMPOTENT : 0;
      const trace = driver.settings.options.traceCalls ? new Error() : undefined;

      const bytes = options?.transfer ? -1 : plainBytes(args);
      if (bytes >= 0) {
        const id = raw.call(driver.now(), to, isExport, args.length, 0, bytes, timeout, flags);
        driver.accepted(id, args, method);
        this.#keep(id, method, resolve, reject, flags ? [...args] : undefined, trace, timeout, signal);
        return;
      }
      const walk = driver.walk(args, "args", method, options?.transfer);
      const { values } = walk;
      if (flags && (walk.lives.length || walk.moves.length)) {
        throw new PortcullisError(
          "call/invalid",
          `${this.describe(method)} cannot be idempotent: transfers and live values cross once`,
        );
      }
      driver.carry(
        walk,
        (lives) => {
          const id = raw.call(driver.now(), to, isExport, values.length, lives, walk.bytes, timeout, flags);
          if (id >= 0) {
            this.#keep(id, method, resolve, reject, flags ? values : undefined, trace, timeout, signal);
          }
          return id;
        },
        method,
      );
    });
  }

  #keep(
    id: number,
    method: string,
    resolve: Pending["resolve"],
    reject: Pending["reject"],
    args: Pending["args"],
    trace: Pending["trace"],
    ms: number,
    signal: AbortSignal | undefined,
  ): void {
    const stop = signal && this.#watch(id, method, signal);
    this.#pending[id & SLOT] = { id, method, resolve, reject, args, trace, ms, stop };
  }

  #watch(id: number, method: string, signal: AbortSignal): () => void {
    const onAbort = (): void => {
      const pending = this.#take(id);
      if (!pending) return;
      const driver = this.#driver;
      const body = packReason(signal.reason, driver.settings);
      if (driver.raw.cancel(driver.now(), id, 1) >= 0) driver.push([body]);
      driver.schedule();
      pending.reject(this.#aborted(method, signal));
    };
    listen(signal, "abort", onAbort);
    return () => unlisten(signal, "abort", onAbort);
  }

  #aborted(method: string, signal: AbortSignal): PortcullisError {
    return new PortcullisError("call/aborted", `${this.describe(method)} was aborted by its signal`, {
      cause: signal.reason,
    });
  }

  #take(id: number): Pending | undefined {
    const slot = id & SLOT;
    const pending = this.#pending[slot];
    if (pending?.id !== id) return undefined;
    this.#pending[slot] = undefined;
    pending.stop?.();
    return pending;
  }

  /** The arguments of a call that is sent again. */
  argsOf(id: number): readonly unknown[] {
    return this.#pending[id & SLOT]?.args ?? [];
  }

  /** The method of a call, for those who look on. */
  methodOf(id: number): string | undefined {
    return this.#pending[id & SLOT]?.method;
  }

  /** An answer came. */
  reply(id: number, value: unknown): void {
    const pending = this.#take(id);
    if (!pending) return;
    const schema = schemasOf(this.#driver.settings, pending.method)?.result;
    if (!schema) {
      pending.resolve(value);
      return;
    }
    check(schema, value).then(
      (checked) => pending.resolve(checked),
      (error: unknown) =>
        this.#reject(
          pending,
          new PortcullisError(
            "call/invalid",
            `the result of ${this.describe(pending.method)} is not valid: ${(error as Error).message}`,
          ),
        ),
    );
  }

  /** A call failed; `body` is the peer's reason, if it gave one. */
  fail(id: number, code: number, executed: number, body: unknown): void {
    const pending = this.#take(id);
    if (!pending) return;
    const to = this.describe(pending.method);
    const ms = pending.ms < 0 ? this.#driver.settings.callTimeoutMs : pending.ms;
    this.#reject(
      pending,
      failure(code, executed, body === undefined ? undefined : unpackReason(body), to, ms),
    );
  }

  #reject(pending: Pending, error: PortcullisError): void {
    this.#driver.report.tap?.(error, pending.id);
    if (pending.trace?.stack) {
      const [, ...lines] = pending.trace.stack.split("\n");
      Object.defineProperty(error, "stack", {
        value: [`${error.name}: ${error.message}`, ...lines].join("\n"),
        configurable: true,
        writable: true,
      });
    }
    pending.reject(error);
  }

  /** The error for what ends with the session: which code depends on who ended it. */
  lost(name: string): PortcullisError {
    const code = this.#driver.closing ? FAIL_CHANNEL_CLOSED : FAIL_PEER_GONE;
    return failure(code, 0, undefined, this.describe(name));
  }

  /** Settles everything: the core is gone and will settle nothing. */
  end(code: number): void {
    for (const pending of this.#pending) if (pending) this.fail(pending.id, code, 0, undefined);
  }

  /** The error for a frame that the core did not take. */
  refusal(answer: number, name: string): PortcullisError {
    const to = this.describe(name);
    if (answer === NOT_SENT_BUSY) {
      return new PortcullisError(
        "call/busy",
        `${to} was not sent: as much waits as limits.pendingCalls or limits.queuedBytes allows`,
        { executed: "no" },
      );
    }
    return failure(
      answer === NOT_SENT_GONE ? FAIL_PEER_GONE : FAIL_CHANNEL_CLOSED,
      EXECUTED_NO,
      undefined,
      to,
    );
  }
}

function failure(code: number, executed: number, reason: unknown, to: string, ms = 0): PortcullisError {
  if (code === FAIL_THREW) return threw(reason, to);
  if (code === FAIL_INVALID) {
    return new PortcullisError("call/invalid", `the arguments of ${to} are not valid: ${String(reason)}`);
  }
  const details = executed ? { executed: executed === EXECUTED_NO ? "no" : "unknown" } : {};
  if (code === FAIL_NOT_CLONEABLE) {
    const [path, why] = isArray(reason)
      ? [String(reason[0]), String(reason[1])]
      : ["a value", "the other side could not read the message that held it"];
    return new PortcullisError("call/not-cloneable", `${path} of ${to} cannot cross: ${why}`, {
      path,
      ...details,
    });
  }
  const [name, words] = FAILURES[code] ?? ["call/peer-gone", `failed with the unknown code ${code}`];
  return new PortcullisError(name, `${to} ${words.replace("%", String(ms))}`, details);
}
