import { PortcullisError, type PortcullisErrorCode } from "../error.js";
import { isArray } from "./intrinsics.js";
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
} from "./ops.js";
import { threw } from "./thrown.js";

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
  [FAIL_CHANNEL_CLOSED]: ["channel/closed", "was not answered: the channel is closed"],
  [FAIL_PROTOCOL]: ["channel/protocol", "was not answered: the peer broke the protocol"],
};

/** The error for a call to `to` that failed with one of the codes `FAIL_*`. */
export function failure(
  code: number,
  executed: number,
  reason: unknown,
  to: string,
  ms?: number,
): PortcullisError {
  if (code === FAIL_THREW) return threw(reason, to);
  if (code === FAIL_INVALID) {
    return new PortcullisError("call/invalid", `the arguments of ${to} are not valid: ${String(reason)}`);
  }
  const details = executed ? { executed: executed === EXECUTED_NO ? "no" : "unknown" } : {};
  if (code === FAIL_NOT_CLONEABLE) {
    const [path, why] = isArray(reason)
      ? reason.map(String)
      : ["a value", "the other side could not read the message that held it"];
    return new PortcullisError("call/not-cloneable", `${path} of ${to} cannot cross: ${why}`, {
      path,
      ...details,
    });
  }
  const [name, words] = FAILURES[code] ?? ["call/peer-gone", `failed with the unknown code ${code}`];
  return new PortcullisError(name, `${to} ${words.replace("%", String(ms))}`, details);
}
