import { checkBody, Misbehaviour, revive } from "./bodies.js";
import { CLOSURES, denialOf, MISBEHAVIOURS } from "./causes.js";
import type { Driver } from "./driver.js";
import { livesIn } from "./live.js";
import * as op from "./ops.js";
import { takesNo } from "./path.js";
import { unpackReason } from "./reason.js";
import { WIRE_VERSION } from "./rooms.js";
import { serverIn } from "./server.js";
import { topicsIn } from "./topics.js";

/** How many words each operation has before its lists, by its number: its arguments in ops.ts. */
const ARITIES = [0, 3, 1, 1, 0, 1, 1, 5, 6, 2, 6, 5, 5, 7, 3, 2, 1, 3, 2, 3, 5, 3, 4, 0, 2, 4, 1];
/** The denials from this number on are of messages, the others of greetings. */
const FIRST_DROP = 32;

/**
 * Carries out what the core has answered: words of one operation after the other. `values` are those of the message
 * that was just handed in. What the application's own code throws is caught where it is called.
 */
export function carryOut(driver: Driver, words: ArrayLike<number>, values: readonly unknown[]): void {
  const { calls, ports, greeter, outbox } = driver;
  let i = 0;

  /** The words of a list after an operation. */
  const list = (count: number): number[] => {
    const items: number[] = [];
    for (const end = i + count; i < end; i++) items[items.length] = words[i] as number;
    return items;
  };
  /** The values of a body, checked, with counterparts in the places of live values. */
  const body = (at: number, count: number, pairs: number): unknown[] => {
    const taken = values.slice(at, at + count);
    if (count) checkBody(taken, driver.settings.limits);
    if (pairs) revive(taken, list(2 * pairs), values[at + count], livesIn(driver).counterpart);
    return taken;
  };
  /** The reason of a frame that may have one. */
  const reason = (at: number, count: number): unknown => (count ? unpackReason(values[at]) : undefined);

  while (i < words.length) {
    const kind = words[i++] as number;
    const a = words[i] as number;
    const b = words[i + 1] as number;
    const c = words[i + 2] as number;
    const d = words[i + 3] as number;
    const e = words[i + 4] as number;
    const f = words[i + 5] as number;
    const g = words[i + 6] as number;
    i += ARITIES[kind] ?? 0;
    switch (kind) {
      case op.OP_SEND: {
        const message = [b, c, e, ...list(e)];
        const moves = outbox.shift(d, message);
        driver.posted(a, message, moves);
        break;
      }
      case op.OP_INVOKE:
        serverIn(driver).invoke(a, b, c, body(d, e, f));
        break;
      case op.OP_SETTLE:
        // A call that never left says which kind of live value the peer does not take.
        if (b) calls.fail(a, c, d, d && e ? ["a value", takesNo(e)] : reason(e, f));
        else calls.reply(a, body(e, f, g)[0]);
        break;
      case op.OP_NOTIFIED:
        serverIn(driver).invoke(-1, a, b, body(c, d, e));
        break;
      case op.OP_EVENT: {
        const server = serverIn(driver);
        const topic = server.nameOf(a);
        const [payload] = body(c, d, e);
        server.inOrder(() => topicsIn(driver).deliver(topic, payload, b > 0));
        break;
      }
      case op.OP_NAME: {
        const name = values[b];
        if (typeof name !== "string") throw new Misbehaviour(op.MISBEHAVIOUR_VALUE);
        if (name.length > driver.settings.limits.nameLength) {
          throw new Misbehaviour(op.MISBEHAVIOUR_NAME_LENGTH);
        }
        serverIn(driver).named(a, name);
        break;
      }
      case op.OP_WAKE:
        driver.wakeAfter(a);
        break;
      case op.OP_CANCELLED:
        driver.server?.cancelled(a, reason(b, c));
        break;
      case op.OP_STREAM_ITEM:
        driver.lives?.readers.get(a)?.item(body(c, d, e)[0], b);
        break;
      case op.OP_STREAM_READY:
        driver.lives?.writers.get(a)?.ready(b);
        break;
      case op.OP_STREAM_STOPPED:
        driver.lives?.writers.get(a)?.stopped(reason(b, c));
        break;
      case op.OP_STREAM_END:
        driver.lives?.readers.get(a)?.finish({ value: c ? values[b] : undefined });
        break;
      case op.OP_STREAM_RESET:
        driver.lives?.readers.get(a)?.finish({ error: d ? calls.lost("the stream") : reason(b, c) });
        break;
      case op.OP_EXPORT_DROPPED:
        driver.lives?.dropped(a);
        break;
      case op.OP_SIGNAL_ABORTED:
        driver.lives?.aborted(a, reason(b, c));
        break;
      case op.OP_IMPORTS_GONE:
        driver.lives?.importsGone();
        driver.server?.end();
        break;
      case op.OP_AGAIN: {
        const from = i + 1;
        const message: unknown[] = [b, c, f, ...list(f)];
        const add = (value: unknown): void => {
          message[message.length] = value;
        };
        for (let k = 0; k < d; k++) add(outbox.nameOf(words[from + 2 * k] as number));
        for (let k = 0; k < e; k++) calls.argsOf(words[from + 2 * d + 3 * k] as number).forEach(add);
        driver.posted(a, message, []);
        break;
      }
      case op.OP_FORGET:
        outbox.forget(a, b);
        break;
      case op.OP_POST: {
        // Two nonces follow, and whether there is a second one.
        const mine = list(4);
        const yours = list(5);
        greeter.post(a, b, c, mine, yours.pop() ? yours : undefined);
        break;
      }
      case op.OP_TAKE_PORT:
        if (greeter.arrived?.port) ports.take(a, greeter.arrived.port);
        break;
      case op.OP_CLOSE_PORT:
        ports.close(a);
        break;
      case op.OP_PINNED:
        greeter.pin();
        break;
      case op.OP_OPENED:
        driver.opened();
        break;
      case op.OP_STATE:
        driver.enter(a);
        break;
      case op.OP_REFUSED:
        refused(driver, a, b);
        break;
      case op.OP_CLOSED: {
        const [code, words] = CLOSURES[a] ?? ["channel/protocol", ""];
        const said = d ? values[c] : driver.closeReason;
        const why = typeof said === "string" ? said : undefined;
        if (code === "channel/protocol") driver.finish(code, why ?? MISBEHAVIOURS[b] ?? words, words);
        else driver.finish(code, why, words.replace("%", String(b)).replace("&", String(WIRE_VERSION)));
        return;
      }
      default:
        throw new Error("the core and this module are of different versions");
    }
  }
}

function refused(driver: Driver, denial: number, detail: number): void {
  const { settings, greeter, report } = driver;
  // The peer repeats what it said when it does not hear an answer soon; that is no news.
  if (denial === op.DENIAL_REPLAYED && settings.options.reconnect !== false) return;
  const { arrived } = greeter;
  report.refused(
    denial < FIRST_DROP ? "refused" : "dropped",
    denial === op.DENIAL_NOT_TAKEN
      ? `an event or notification was not sent: ${takesNo(detail)}`
      : denialOf(denial, settings, denial === op.DENIAL_WRONG_VERSION ? detail : arrived?.name),
    arrived?.origin,
  );
}
