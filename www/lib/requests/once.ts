/** One asynchronous request: it settles once, in time, and undoes what it set up. */
import { PortcullisError, type PortcullisErrorCode } from "../error.js";
import { clearTimer, listen, setTimer, unlisten } from "../internal/intrinsics.js";

/** What every request takes. */
export interface Limits {
  /** Aborts the request; the error's `cause` is the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Milliseconds until the request fails; 0 means never. Default 10 000. */
  timeoutMs?: number | undefined;
}

/** How a request names itself in its errors. */
export interface Naming {
  /** What is asked, such as `jsonp https://api.example/`. */
  readonly subject: string;
  readonly aborted: PortcullisErrorCode;
  readonly timedOut: PortcullisErrorCode;
  /** For what throws where nothing should. */
  readonly failed: PortcullisErrorCode;
}

/** What the body of a request is given. All of it is inert once the request has settled. */
export interface Task<T> {
  resolve(value: T): void;
  reject(code: PortcullisErrorCode, what: string, cause?: unknown): void;
  /** Rejects with an error that is one of ours already, or wraps it. */
  fail(error: unknown): void;
  /** Registers a step that runs when the request settles, last one first. */
  undo(step: () => void): void;
  /** Says in the timeout's message how far the request came. */
  progress: string;
  readonly settled: boolean;
}

export const DEFAULT_TIMEOUT_MS = 10_000;

/** A timer for any length. The platform's own, set for longer than its longest, fires at once. */
export function longTimer(step: () => void, ms: number): number {
  return setTimer(step, Math.min(ms, 2 ** 31 - 1));
}

/** Runs `step` after `ms`, unless the task is over by then; 0 and infinity are never. */
export function limit(task: Pick<Task<never>, "undo">, ms: number, step: () => void): void {
  if (!(ms > 0 && ms < Number.POSITIVE_INFINITY)) return;
  const timer = longTimer(step, ms);
  task.undo(() => clearTimer(timer));
}

/** Runs `start` as one request. A throw inside it rejects, so callers see rejections only. */
export function once<T>(limits: Limits, naming: Naming, start: (task: Task<T>) => void): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const { signal, timeoutMs = DEFAULT_TIMEOUT_MS } = limits;
    const steps: (() => void)[] = [];
    let settled = false;
    const settle = (act: () => void): void => {
      if (settled) return;
      settled = true;
      for (const step of steps.reverse()) step();
      act();
    };
    const task: Task<T> = {
      progress: "no answer came",
      get settled() {
        return settled;
      },
      resolve: (value) => settle(() => resolve(value)),
      reject: (code, what, cause) =>
        settle(() =>
          reject(
            new PortcullisError(code, `${naming.subject}: ${what}`, cause === undefined ? {} : { cause }),
          ),
        ),
      fail: (error) => {
        if (error instanceof PortcullisError) settle(() => reject(error));
        else task.reject(naming.failed, String(error), error);
      },
      undo: (step) => {
        if (settled) step();
        else steps.push(step);
      },
    };
    if (signal) {
      const onAbort = (): void => task.reject(naming.aborted, "aborted by its signal", signal.reason);
      if (signal.aborted) return onAbort();
      hear(task, signal, "abort", onAbort);
    }
    limit(task, timeoutMs, () => task.reject(naming.timedOut, `${task.progress} within ${timeoutMs} ms`));
    try {
      start(task);
    } catch (error) {
      task.fail(error);
    }
  });
}

/** A listener that lasts as long as the task. */
export function hear<E extends Event>(
  task: Pick<Task<never>, "undo">,
  target: EventTarget,
  type: string,
  listener: (event: E) => void,
): void {
  listen(target, type, listener);
  task.undo(() => unlisten(target, type, listener));
}
