/** `document.domain`: two hosts of one domain that give up what keeps them apart. */

import { PortcullisError } from "../error.js";
import { channelFacade } from "../internal/facade.js";

import { classOf, Channel as MessageChannel } from "../internal/intrinsics.js";
import type { Channel, Methods } from "../types.js";
import { pageOrigin, read } from "./core.js";
import { requireDocument } from "./frame.js";
import { type Limits, once } from "./once.js";
import { rules } from "./rules.js";

/** What became of a relaxation. */
export interface RelaxOutcome {
  /** "no-op": the browser took the value and nothing changed (an origin-keyed page). "refused": it threw, or the rule forbids it. */
  readonly outcome: "relaxed" | "no-op" | "refused";
  /** Why not, and what to set where; for "relaxed", what it opens. */
  readonly reason?: string;
}

/** What `connectRelaxed` takes. */
export interface ConnectRelaxedOptions extends Limits {
  /** The domain both pages give themselves, such as `example.com`. */
  domain: string;
  /** What the peer may call. */
  methods?: Methods;
  /** Default for every call; 30 000; 0 never. */
  callTimeoutMs?: number;
  /** Tells several channels between the same two windows apart. */
  name?: string;
}

const ORIGIN_KEYED = { unknown: 0, no: 1, yes: 2 } as const;

/**
 * Sets this page's `document.domain`, for good, and says what came of it.
 *
 * **Every page of the domain that does the same, on any port and any subdomain, can then read and script this page**;
 * frames of this page's own origin that do not do it lose their access to it. Prefer `connect`.
 */
export function relaxDomain(domain: string): RelaxOutcome {
  requireDocument("relaxDomain", "domain/refused");
  const host = window.location.hostname;
  const [refused, why] = rules().relaxRule(host, domain).split("\n");
  if (refused) return { outcome: "refused", reason: why ?? refused };
  let threw = false;
  try {
    document.domain = domain;
  } catch {
    threw = true;
  }
  const keyed = window.originAgentCluster;
  const [outcome, reason] = read(
    rules().relaxVerdict(
      host,
      domain,
      document.domain,
      threw,
      keyed === undefined ? ORIGIN_KEYED.unknown : keyed ? ORIGIN_KEYED.yes : ORIGIN_KEYED.no,
      pageOrigin() === "null",
      0,
    ),
    domain,
  );
  return { outcome: outcome as RelaxOutcome["outcome"], ...(reason ? { reason } : {}) };
}

/** One page that waits for the other, where the other can find it: on its own window. */
interface Waiting {
  readonly peer: Window;
  readonly name: string;
  take(port: MessagePort): void;
}

/** Symbols of the global registry are the same in all documents that can reach each other. */
const WAITING = Symbol.for("portcullis.relaxed");

type Reachable = Window & { [WAITING]?: Set<Waiting>; structuredClone: typeof structuredClone };

/**
 * Relaxes this page's domain and meets the other page, which does the same: by direct access, with no message on the
 * window. Then it is a channel like any other, with `transport` "document-domain". For the warning see
 * {@link relaxDomain}.
 *
 * @throws PortcullisError (as a rejection) `domain/refused`, `domain/no-op`, `connect/timed-out`, `connect/aborted`,
 * `connect/target-closed`, and `wasm/not-ready` when no channel entry is loaded
 */
export async function connectRelaxed<Remote = unknown>(
  frame: HTMLIFrameElement | Window,
  options: ConnectRelaxedOptions,
): Promise<Channel<Remote>> {
  const { domain, name = "", methods, callTimeoutMs, signal, timeoutMs } = options;
  const subject = `connectRelaxed(${domain})`;
  requireDocument(subject, "domain/refused");
  // Before the domain is relaxed: that cannot be undone.
  if (signal?.aborted)
    throw new PortcullisError("connect/aborted", `${subject}: aborted by its signal`, {
      cause: signal.reason,
    });
  const facade = channelFacade();
  const peer =
    // Not `in`: on a window of another origin that throws.
    (
      classOf(frame) === "HTMLIFrameElement" ? (frame as HTMLIFrameElement).contentWindow : frame
    ) as Reachable | null;
  if (peer === null || peer.closed)
    throw new PortcullisError("connect/target-closed", `${subject}: the frame is not in a document`);
  const { outcome, reason } = relaxDomain(domain);
  if (outcome !== "relaxed") throw new PortcullisError(`domain/${outcome}`, `${subject}: ${reason}`);
  const naming = {
    subject,
    aborted: "connect/aborted",
    timedOut: "connect/timed-out",
    failed: "connect/refused",
  } as const;
  const port = await once<MessagePort>({ signal, timeoutMs }, naming, (task) => {
    task.progress = "the other page did not relax its domain and call connectRelaxed";
    const found = waitingAt(peer, name);
    if (found) {
      const { port1, port2 } = new MessageChannel();
      // Cloned by the peer's own function, so that its port belongs to its own document.
      found.take(peer.structuredClone(port2, { transfer: [port2] }));
      task.resolve(port1);
      return;
    }
    const own: Waiting = { peer, name, take: task.resolve };
    const self = window as unknown as Reachable;
    self[WAITING] ??= new Set();
    self[WAITING].add(own);
    task.undo(() => {
      self[WAITING]?.delete(own);
      if (self[WAITING]?.size === 0) delete self[WAITING];
    });
  });
  return facade.connectPort<Remote>(port, {
    transport: "document-domain",
    origin: peer.location.origin,
    name,
    ...(methods === undefined ? {} : { methods }),
    ...(callTimeoutMs === undefined ? {} : { callTimeoutMs }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** The peer's entry for this window, if its page is there and relaxed already. */
function waitingAt(peer: Reachable, name: string): Waiting | undefined {
  let all: Set<Waiting> | undefined;
  try {
    all = peer[WAITING];
  } catch {
    // Not relaxed yet, or another page: it will look for us when it comes.
    return undefined;
  }
  for (const one of all ?? []) {
    if (one.peer === window && one.name === name) return one;
  }
  return undefined;
}
