import { channelOf } from "./channel.js";
import { PortcullisError, type PortcullisErrorCode } from "./error.js";
import { type Driver, driverOf } from "./internal/driver.js";
import { offerFacade } from "./internal/facade.js";
import { type Gate, gateTo } from "./internal/gate.js";
import { listen, unlisten } from "./internal/intrinsics.js";
import { STATE_CONNECTING } from "./internal/ops.js";
import { patternsOf } from "./internal/patterns.js";
import { type Greeting, isTaken } from "./internal/rooms.js";
import { type Settings, settle } from "./internal/settings.js";
import type { Channel, ConnectOptions, Peer } from "./types.js";

const WINDOW = 0;
const OPAQUE_WINDOW = 1;

/**
 * Meets `peer` and opens a channel to it. Both sides call this, in any order, before or after a frame has loaded.
 *
 * @throws PortcullisError (as a rejection) `origin/*` for a bad allow-list, `connect/*` when nobody fit comes.
 */
export async function connect<Remote = unknown>(
  peer: Peer,
  options: ConnectOptions = {},
): Promise<Channel<Remote>> {
  // Awaited, since a promise that is returned is asked for its `then`, which the page may have patched.
  return await meet(peer, options);
}

/**
 * What the package's own modules may say beside the public options.
 *
 * @internal
 */
export interface Inner {
  /** The origin that the window was opened with. */
  readonly hint?: string;
  /** A transport that ends in a port and has checked the origin itself. */
  readonly transport?: Channel["transport"];
  readonly origin?: string;
  /** The greeting that a hub has let in, to begin with. */
  readonly greeting?: Greeting;
  readonly gate?: Gate;
  /** Gets the driver before it is open. */
  made?(driver: Driver): void;
}

/** Whether this page's own origin is opaque, so that nobody can name it. */
function ownNull(): boolean {
  return (globalThis as { origin?: string }).origin === "null";
}

/**
 * Checks options for a peer behind a gate of this kind.
 *
 * @internal
 */
export function settingsFor(kind: number, options: ConnectOptions, inner: Inner = {}): Settings {
  const patterns = patternsOf(options.allowedOrigins, options.anyOrigin);
  if (kind === WINDOW) {
    if (options.opaque && ownNull()) {
      throw new PortcullisError(
        "origin/opaque",
        'this page\'s own origin is "null": it names the exact origins of its host in allowedOrigins instead of saying opaque',
      );
    }
    if (!patterns.length && !options.opaque) {
      throw new PortcullisError(
        "origin/invalid",
        'connect() needs allowedOrigins for a window, such as "https://pay.example": there is no default',
      );
    }
    if (ownNull() && !(patterns.length === 1 && !patterns[0]?.includes("*"))) {
      throw new PortcullisError(
        "origin/opaque",
        'this page\'s own origin is "null": it connects to one exact origin in allowedOrigins, where its port is sent',
      );
    }
  }
  return settle(options, patterns, inner);
}

/**
 * `connect`, for the package's own modules.
 *
 * @internal
 */
export function meet<Remote>(
  peer: Peer,
  options: ConnectOptions,
  inner: Inner = {},
): Promise<Channel<Remote>> {
  return new Promise((resolve, reject) => {
    const { signal } = options;
    if (signal?.aborted) throw abortedError("connect", signal);
    const gate = inner.gate ?? gateTo(peer, inner.hint);
    const settings = settingsFor(gate.kind, options, inner);
    if (isTaken(gate.source(), settings.name)) {
      throw new PortcullisError(
        "connect/refused",
        `this page already has a channel named "${settings.name}" with ${gate.label}: close it first, or give this one another name`,
      );
    }
    const isWindow = gate.kind === WINDOW;
    const kind = isWindow && options.opaque ? OPAQUE_WINDOW : gate.kind;
    const driver = driverOf(settings, gate, kind, isWindow && ownNull());
    inner.made?.(driver);
    const channel = channelOf(driver, {
      opened: () => resolve(channel as unknown as Channel<Remote>),
      failed: (code, detail) =>
        reject(
          signal?.aborted
            ? abortedError("connect", signal)
            : failed(code, detail, settings, gate, driver.report.refusals),
        ),
    });
    if (signal) {
      const onAbort = (): void => {
        if (driver.state === STATE_CONNECTING) driver.ending = { code: "connect/aborted", detail: "" };
        driver.close();
      };
      listen(signal, "abort", onAbort);
      void channel.closed.then(() => unlisten(signal, "abort", onAbort));
    }
    driver.greeter.start(inner.greeting);
  });
}

// Here and not in the entries: a bundler may skip those, but keeps this with `connect`.
offerFacade({
  connectPort: (port, { transport, origin, ...options }) => meet(port, options, { transport, origin }),
});

/**
 * The error of a function that gave up because its signal said so.
 *
 * @internal
 */
export function abortedError(what: string, signal: AbortSignal): PortcullisError {
  return new PortcullisError("connect/aborted", `${what}() was aborted by its signal`, {
    cause: signal.reason,
  });
}

function failed(
  code: PortcullisErrorCode,
  detail: string,
  { options, patterns, timeoutMs }: Settings,
  { label }: Gate,
  refusals: ReadonlySet<string> | undefined,
): PortcullisError {
  const expected = options.opaque ? 'an opaque origin ("null")' : patterns.join(" or ");
  const who = expected ? `${label} of ${expected}` : label;
  const seen = refusals
    ? `refused meanwhile: ${[...refusals].join("; ")}`
    : "nothing arrived: does that page call connect(), with the same name?";
  return new PortcullisError(
    code,
    code === "connect/timed-out"
      ? `no channel with ${who} within ${timeoutMs} ms: ${detail}; ${seen}`
      : `no channel with ${who}: ${detail}`,
  );
}
