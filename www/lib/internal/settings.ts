import { PortcullisError } from "../error.js";
import type { Channel, ConnectOptions, Limits } from "../types.js";
import type { BodyLimits } from "./bodies.js";
import { isText, LONGEST } from "./rooms.js";
import type { WalkRules } from "./values.js";

/** Options with their defaults in place. */
export interface Settings extends WalkRules {
  readonly options: ConnectOptions;
  readonly name: string;
  /** Said for the gate by a transport that goes before it. */
  readonly transport: Channel["transport"] | undefined;
  /** The peer's origin, when a port came with a word for it. */
  readonly origin: string | undefined;
  /** Canonical patterns of the allow-list. */
  readonly patterns: readonly string[];
  readonly timeoutMs: number;
  readonly heartbeatMs: number;
  readonly callTimeoutMs: number;
  readonly limits: Limits & BodyLimits;
}

/** What ordinary pages never meet. */
const LIMITS: Limits = {
  pendingCalls: 10_000,
  queuedBytes: 64 << 20,
  depth: 256,
  nameLength: 256,
  messagesPerSecond: 50_000,
};

/** Reads options once; later changes to the object have no effect. */
export function settle(
  options: ConnectOptions,
  patterns: readonly string[],
  { transport, origin }: { readonly transport?: Channel["transport"]; readonly origin?: string } = {},
): Settings {
  for (const what of ["name", "nonce"] as const) {
    // Nobody could hear it: the other side drops such a greeting unread.
    if (!isText(options[what] ?? "")) {
      throw new PortcullisError(
        "connect/refused",
        `the ${what} of a channel must be a text of at most ${LONGEST} characters`,
      );
    }
  }
  const limits = { ...LIMITS };
  for (const key of Object.keys(limits) as (keyof Limits)[])
    limits[key] = options.limits?.[key] ?? limits[key];
  return {
    options: { ...options },
    transport,
    origin,
    name: options.name ?? "",
    patterns,
    timeoutMs: options.timeoutMs ?? 10_000,
    heartbeatMs: options.heartbeatMs ?? 5000,
    callTimeoutMs: options.callTimeoutMs ?? 30_000,
    limits,
    depth: limits.depth,
    stacks: options.exposeStacks === true,
  };
}
