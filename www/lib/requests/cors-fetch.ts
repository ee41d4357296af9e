/** `fetch` across origins that says why it failed. */
import { PortcullisError, type PortcullisErrorCode } from "../error.js";
import { setTimer } from "../internal/intrinsics.js";
import { ASK, absolute, ask, pageOrigin } from "./core.js";
import { classifyCors } from "./cors.js";
import { headerLines } from "./headers.js";
import { hear, limit } from "./once.js";

/** `fetch`'s options and two more. */
export interface CorsFetchInit extends RequestInit {
  /** Milliseconds until the response's headers must be there. Default 0, never. */
  timeoutMs?: number;
  /** Default true: a failure is looked into, by up to two more requests of a safe method. */
  diagnose?: boolean;
}

/**
 * `fetch` that says why it failed: which of server, policy, credentials or network, and what to set where.
 *
 * An aborted request is `cors/network` with the signal's reason as `cause`.
 *
 * @throws PortcullisError (as a rejection) a `cors/*` code
 */
export async function corsFetch(url: string | URL, init: CorsFetchInit = {}): Promise<Response> {
  const { timeoutMs = 0, diagnose = true, signal, ...rest } = init;
  const address = absolute(url, "cors/invalid");
  if (rest.mode !== undefined && rest.mode !== "cors") {
    throw new PortcullisError(
      "cors/invalid",
      `${address}: corsFetch works in mode "cors", not "${rest.mode}"`,
    );
  }
  const watch = new Watch(signal ?? undefined, timeoutMs, address);
  try {
    const request = requestOf(address, { ...rest, signal: watch.signal });
    const streaming = rest.body instanceof ReadableStream;
    // Before the network: a method or header that cannot be is `cors/invalid`.
    classifyCors({
      url: address,
      method: request.method,
      headers: request.headers,
      streaming,
    });
    try {
      return await fetch(request);
    } catch (cause) {
      if (signal?.aborted)
        throw new PortcullisError("cors/network", `${address}: aborted by its signal`, {
          cause: signal.reason,
        });
      const mayProbe = diagnose && !watch.late;
      const probe = mayProbe ? await probed(request, signal ?? undefined) : PROBE.notMade;
      // A policy's violation is told in a task of its own, after the rejection.
      await new Promise<void>((resolve) => setTimer(resolve, 0));
      throw explained(request, streaming, probe, watch, cause);
    }
  } finally {
    watch.release();
  }
}

function requestOf(url: string, init: RequestInit): Request {
  try {
    return new Request(url, init);
  } catch (cause) {
    throw new PortcullisError("cors/invalid", `${url}: no such request can be made: ${String(cause)}`, {
      cause,
    });
  }
}

/** The core's bits. */
const PROBE = { notMade: 0, answered: 8, failed: 16, redirected: 24 } as const;
const SIGN = { timedOut: 32, redirectError: 64, offline: 128, blockedByPolicy: 256 } as const;
const CREDENTIALS = { "same-origin": 0, include: 2, omit: 4 } as const;

/** What is seen while a request is under way: its time, its caller's patience, the page's policy. */
class Watch {
  readonly signal: AbortSignal;
  /** The time ran out. */
  late = false;
  /** The page's own policy refused the address. */
  blocked = false;
  readonly #steps: (() => void)[] = [];

  constructor(
    signal: AbortSignal | undefined,
    readonly timeoutMs: number,
    url: string,
  ) {
    const controller = new AbortController();
    const task = { undo: (step: () => void) => void this.#steps.push(step) };
    limit(task, timeoutMs, () => {
      this.late = true;
      controller.abort(new DOMException("The time is over", "TimeoutError"));
    });
    if (typeof document !== "undefined") {
      const { origin } = new URL(url);
      hear(task, document, "securitypolicyviolation", (event: SecurityPolicyViolationEvent) => {
        if (event.disposition === "enforce" && event.blockedURI.startsWith(origin)) this.blocked = true;
      });
    }
    this.signal = signal === undefined ? controller.signal : either(signal, controller);
  }

  /** The response is there, or will not come. Only the caller's signal goes on: it may still abort the body. */
  release(): void {
    for (const step of this.#steps) step();
  }
}

/** A signal that fires with either. Engines that have no `any` keep a listener on the caller's signal. */
function either(signal: AbortSignal, controller: AbortController): AbortSignal {
  if (typeof AbortSignal.any === "function") return AbortSignal.any([signal, controller.signal]);
  if (signal.aborted) controller.abort(signal.reason);
  else signal.addEventListener("abort", () => controller.abort(signal.reason), { once: true });
  return controller.signal;
}

function explained(
  request: Request,
  streaming: boolean,
  probe: number,
  watch: Watch,
  cause: unknown,
): PortcullisError {
  const offline = typeof navigator !== "undefined" && navigator.onLine === false;
  const { url, method, headers, credentials } = request;
  const bits =
    Number(streaming) |
    CREDENTIALS[credentials] |
    probe |
    (watch.late ? SIGN.timedOut : 0) |
    (request.redirect === "error" ? SIGN.redirectError : 0) |
    (offline ? SIGN.offline : 0) |
    (watch.blocked ? SIGN.blockedByPolicy : 0);
  const fields = [url, pageOrigin(), method, headerLines(headers)];
  const [code, ...reasons] = ask(ASK.diagnoseCors, bits, url, fields);
  const late = watch.late ? ` (after ${watch.timeoutMs} ms)` : "";
  return new PortcullisError(code as PortcullisErrorCode, `${method} ${url}: ${reasons.join("; ")}${late}`, {
    cause,
  });
}

/** How long the probes may take together. */
const PROBE_MS = 10_000;

/**
 * Asks whether the server redirects, and whether it answers at all. Neither answer can be read, and the method
 * changes nothing there.
 */
async function probed(request: Request, signal: AbortSignal | undefined): Promise<number> {
  const { url, method, headers, credentials, redirect } = request;
  const watch = new Watch(signal, PROBE_MS, url);
  const look = async (init: RequestInit): Promise<string> => {
    try {
      const answer = await fetch(url, {
        method: method === "GET" ? method : "HEAD",
        credentials,
        cache: "no-store",
        signal: watch.signal,
        ...init,
      });
      await answer.body?.cancel();
      return answer.type;
    } catch {
      return "";
    }
  };
  // Seen only when the answer allows the page. No such look passes the preflight of another method.
  const redirected =
    /^(GET|HEAD|POST)$/.test(method) && (await look({ headers, redirect: "manual" })) === "opaqueredirect";
  // Followed, an unreachable target is told from one that refuses.
  const answered = (redirected && redirect === "error") || (await look({ mode: "no-cors" }));
  watch.release();
  return answered ? (redirected ? PROBE.redirected : PROBE.answered) : PROBE.failed;
}
