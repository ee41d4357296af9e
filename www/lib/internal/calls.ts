import { PortcullisError } from "../error.js";
import type { CallOptions } from "../types.js";
import type { Driver } from "./driver.js";
import { failure } from "./failures.js";
import { defineProperty, listen, unlisten } from "./intrinsics.js";
import { FAIL_CHANNEL_CLOSED, FAIL_PEER_GONE } from "./ops.js";
import { packReason } from "./reason.js";
import { check, schemasOf } from "./schema.js";

/** The part of an id that is a place in a table. */
export const SLOT = 0xfffff;

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
  readonly stop: (() => void) | undefined;
}

/** The calls made from here that wait for an answer. */
export interface Calls {
  /** Calls a method by name, or with `target` a function of the peer. */
  start(method: string, args: readonly unknown[], options?: CallOptions, target?: number): Promise<unknown>;
  /** The arguments of a call that is sent again. */
  argsOf(id: number): readonly unknown[];
  /** The method of a call, for those who look on. */
  methodOf(id: number): string | undefined;
  /** An answer came. */
  reply(id: number, value: unknown): void;
  /** A call failed, for a reason that the peer may have given. */
  fail(id: number, code: number, executed: number, reason: unknown): void;
  /** The error for what ends with the session: which code depends on who ended it. */
  lost(name: string): PortcullisError;
  /** Settles everything: the core is gone and will settle nothing. */
  end(code: number): void;
}

/** Makes the table of a channel. */
export function callsOf(driver: Driver): Calls {
  const { raw, settings, now, outbox } = driver;
  const { describe } = outbox;
  const table: (Pending | undefined)[] = [];

  const take = (id: number): Pending | undefined => {
    const slot = id & SLOT;
    const pending = table[slot];
    if (pending?.id !== id) return undefined;
    table[slot] = undefined;
    pending.stop?.();
    return pending;
  };

  const aborted = (method: string, signal: AbortSignal): PortcullisError =>
    new PortcullisError("call/aborted", `${describe(method)} was aborted by its signal`, {
      cause: signal.reason,
    });

  /** Gives the call up when the signal says so; the result stops waiting for that. */
  const watch = (id: number, method: string, signal: AbortSignal): (() => void) => {
    const onAbort = (): void => {
      const pending = take(id);
      if (!pending) return;
      outbox.tell(raw.cancel(now(), id, 1), packReason(signal.reason, settings));
      pending.reject(aborted(method, signal));
    };
    listen(signal, "abort", onAbort);
    return () => unlisten(signal, "abort", onAbort);
  };

  const reject = (pending: Pending, error: PortcullisError): void => {
    driver.report.tap?.(error, pending.id);
    if (pending.trace?.stack) {
      const [, ...lines] = pending.trace.stack.split("\n");
      defineProperty(error, "stack", {
        value: [`${error.name}: ${error.message}`, ...lines].join("\n"),
        configurable: true,
        writable: true,
      });
    }
    pending.reject(error);
  };

  const fail = (id: number, code: number, executed: number, reason: unknown): void => {
    const pending = take(id);
    if (!pending) return;
    const ms = pending.ms < 0 ? settings.callTimeoutMs : pending.ms;
    reject(pending, failure(code, executed, reason, describe(pending.method), ms));
  };

  return {
    // What is thrown in here rejects.
    start: (method, args, options, target) =>
      new Promise((resolve, reject) => {
        const { signal, timeoutMs: ms = -1, idempotent, transfer } = options ?? {};
        if (signal?.aborted) throw aborted(method, signal);
        const to = target ?? outbox.intern(method);
        const trace = settings.options.traceCalls ? new Error() : undefined;
        outbox.send(
          method,
          args,
          (values, lives, bytes) => {
            const flags = idempotent ? 1 : 0;
            const id = raw.call(now(), to, target !== undefined, values.length, lives, bytes, ms, flags);
            if (id >= 0) {
              const stop = signal && watch(id, method, signal);
              const args = idempotent ? [...values] : undefined;
              table[id & SLOT] = { id, method, resolve, reject, args, trace, ms, stop };
            }
            return id;
          },
          "args",
          { transfer, again: idempotent ? "idempotent" : undefined },
        );
      }),
    argsOf: (id) => table[id & SLOT]?.args ?? [],
    methodOf: (id) => table[id & SLOT]?.method,
    reply(id, value) {
      const pending = take(id);
      if (!pending) return;
      const schema = schemasOf(settings, pending.method)?.result;
      if (!schema) {
        pending.resolve(value);
        return;
      }
      check(schema, value).then(pending.resolve, (error: unknown) =>
        reject(
          pending,
          new PortcullisError(
            "call/invalid",
            `the result of ${describe(pending.method)} is not valid: ${(error as Error).message}`,
          ),
        ),
      );
    },
    fail,
    lost: (name) =>
      failure(driver.closing ? FAIL_CHANNEL_CLOSED : FAIL_PEER_GONE, 0, undefined, describe(name)),
    end(code) {
      for (const pending of table) if (pending) fail(pending.id, code, 0, undefined);
    },
  };
}
