/** Every code a {@link PortcullisError} can carry, as `area/what`. */
export type PortcullisErrorCode =
  | "origin/invalid"
  | "origin/opaque"
  | "origin/too-wide"
  | "connect/timed-out"
  | "connect/aborted"
  | "connect/refused"
  | "connect/target-closed"
  | "call/timed-out"
  | "call/aborted"
  | "call/method-not-found"
  | "call/denied"
  | "call/not-cloneable"
  | "call/threw"
  | "call/peer-gone"
  | "call/busy"
  | "call/invalid"
  | "channel/closed"
  | "channel/protocol"
  | "jsonp/timed-out"
  | "jsonp/aborted"
  | "jsonp/failed"
  | "jsonp/blocked"
  | "jsonp/invalid"
  | "cors/network"
  | "cors/preflight"
  | "cors/origin"
  | "cors/credentials"
  | "cors/redirect"
  | "cors/mixed-content"
  | "cors/invalid"
  | "proxy/no-route"
  | "proxy/invalid"
  | "beacon/too-large"
  | "beacon/invalid"
  | "window-name/timed-out"
  | "window-name/aborted"
  | "window-name/malformed"
  | "window-name/too-large"
  | "domain/refused"
  | "domain/no-op"
  | "storage/denied"
  | "storage/unavailable"
  | "storage/quota"
  | "storage/partitioned"
  | "wasm/blocked"
  | "wasm/not-ready";

/**
 * What every rejection and every throw of this package is.
 *
 * `message` says what happened, to whom and what to do; `code` is what programs compare.
 * An error of `call/threw` also carries the own enumerable properties of the remote error.
 */
export class PortcullisError extends Error {
  /** What happened, as a stable `area/what` text. */
  readonly code: PortcullisErrorCode;
  /** With `call/peer-gone` and `call/not-cloneable`: `"no"` when the peer provably never ran the call. */
  declare readonly executed?: "no" | "unknown";
  /** With `call/threw`: the remote error's own `code`, if it had one. */
  declare readonly remoteCode?: unknown;
  /** With `call/not-cloneable`: where in the value the trouble sits, such as `args[0].user.photo`. */
  declare readonly path?: string;

  constructor(code: PortcullisErrorCode, message: string, details?: object) {
    super(message);
    this.code = code;
    if (details) {
      for (const [key, value] of Object.entries(details)) {
        // Defined, not assigned: an own `__proto__` from the other side must stay data.
        Object.defineProperty(this, key, {
          value,
          configurable: true,
          writable: true,
          // As the platform has it: `cause` and `name` do not show in listings.
          enumerable: key !== "cause" && key !== "name" && key !== "stack",
        });
      }
    }
  }

  static {
    Object.defineProperty(PortcullisError.prototype, "name", {
      value: "PortcullisError",
      configurable: true,
      writable: true,
    });
  }
}
