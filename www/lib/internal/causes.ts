import type { PortcullisErrorCode } from "../error.js";
import * as op from "./ops.js";
import type { Settings } from "./settings.js";

/**
 * Why a greeting or a message was not let in, for people. `%` stands for what it said (its name or version),
 * `&` for what was expected (the channel's name or the allow-list).
 */
const DENIALS: Record<number, string> = {
  [op.DENIAL_NOT_TRUSTED]: "a script of this page made the event up",
  [op.DENIAL_WRONG_SOURCE]: "it came from another window than the one connected to",
  [op.DENIAL_ORIGIN_NOT_ALLOWED]: "its origin is not in allowedOrigins (&): add it if it is meant",
  [op.DENIAL_OPAQUE_ORIGIN]:
    'its origin is "null" (a sandbox without allow-same-origin, or a data: URL): connect with opaque: true if it is meant',
  [op.DENIAL_WRONG_VERSION]: "it speaks wire version %: update the older side",
  [op.DENIAL_WRONG_CHANNEL]: 'its channel is named "%", this one "&": give both the same name',
  [op.DENIAL_MALFORMED]: "its greeting is malformed",
  [op.DENIAL_TOO_LARGE]: "its greeting is too large",
  [op.DENIAL_WRONG_NONCE]: "its nonce is not the one awaited",
  [op.DENIAL_REPLAYED]: "a session is open already and may not be replaced",
  [op.DENIAL_UNEXPECTED]: "its greeting does not fit: one side may lack opaque: true",
  [op.DENIAL_DUPLICATE_MESSAGE]: "a message came twice",
  [op.DENIAL_LATE_FRAME]: "a frame came too late",
  [op.DENIAL_CLOSED_PORT]: "a message came on a port that was given up",
};

/** The words of a denial on a channel; `said` is what the refused greeting said. */
export function denialOf(denial: number, { name, patterns }: Settings, said?: unknown): string {
  return (DENIALS[denial] ?? `it was refused for reason ${denial}`)
    .replace("%", String(said))
    .replace("&", denial === op.DENIAL_WRONG_CHANNEL ? name : patterns.join(", "));
}

/** What a close means: its code and words for a connect that failed by it. `%` and `&` are wire versions. */
export const CLOSURES: Record<number, readonly [PortcullisErrorCode, string]> = {
  [op.CLOSE_CLOSED]: ["channel/closed", "the channel was closed"],
  [op.CLOSE_PROTOCOL]: ["channel/protocol", "the peer broke the protocol"],
  [op.CLOSE_RATE]: ["channel/protocol", "the peer sent more messages than limits.messagesPerSecond"],
  [op.CLOSE_PEER_GONE]: ["call/peer-gone", "the peer is gone"],
  [op.CLOSE_TIMED_OUT]: ["connect/timed-out", "the peer did not answer in time"],
  [op.CLOSE_REFUSED]: ["connect/refused", "the window now holds a page of an origin that is not allowed"],
  [op.CLOSE_VERSION]: [
    "connect/refused",
    "the peer speaks wire version %, this page &: update the older side",
  ],
};

/** What a peer did wrong, as the reason of `channel/protocol`. */
export const MISBEHAVIOURS: Record<number, string> = {
  [op.MISBEHAVIOUR_MALFORMED]: "a malformed message",
  [op.MISBEHAVIOUR_SEQUENCE]: "a gap in the sequence of messages",
  [op.MISBEHAVIOUR_ACK]: "an acknowledgement of what was never sent",
  [op.MISBEHAVIOUR_RATE]: "more messages than limits.messagesPerSecond",
  [op.MISBEHAVIOUR_UNKNOWN_NAME]: "a name that was never told",
  [op.MISBEHAVIOUR_REUSED_ID]: "an id that is in use",
  [op.MISBEHAVIOUR_CREDIT]: "a stream item without credit",
  [op.MISBEHAVIOUR_TOO_MANY]: "more live values than a channel holds",
  [op.MISBEHAVIOUR_RELEASE]: "a release of what was never lent",
  [op.MISBEHAVIOUR_VALUE]: "a body that does not fit its frame",
  [op.MISBEHAVIOUR_DEPTH]: "a value nested deeper than limits.depth",
  [op.MISBEHAVIOUR_NAME_LENGTH]: "a name longer than limits.nameLength",
};
