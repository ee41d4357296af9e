import { checkBody, revive } from "./bodies.js";
import { CLOSURES, DENIALS, MISBEHAVIOURS } from "./causes.js";
import type { Driver } from "./driver.js";
import * as op from "./ops.js";
import { unpackReason } from "./reason.js";
import { WIRE_VERSION } from "./rooms.js";

/**
 * Carries out what the core has answered: words of one operation after the other. `values` are those of the message
 * that was just handed in. What the application's own code throws is caught where it is called.
 */
export function carryOut(driver: Driver, words: Uint32Array, values: readonly unknown[]): void {
  const { calls, server, lives, topics, ports, greeter } = driver;
  const total = words.length;
  let i = 0;
  const word = (): number => words[i++] as number;

  /** The values of a body, checked, with counterparts in the places of live values. */
  const body = (at: number, count: number, pairs: number): unknown[] => {
    const taken = values.slice(at, at + count);
    if (count) checkBody(taken, driver.settings.limits);
    if (pairs) {
      const end = i + 2 * pairs;
      revive(taken, words.subarray(i, end), values[at + count], (kind, id, held, step) =>
        lives.counterpart(kind, id, held, step),
      );
      i = end;
    }
    return taken;
  };
  /** The reason of a frame that may have one. */
  const reason = (at: number, count: number): unknown => (count ? unpackReason(values[at]) : undefined);

  while (i < total) {
    switch (word()) {
      case op.OP_SEND: {
        const port = word();
        const message: unknown[] = [word(), word()];
        const count = word();
        i = addWords(message, words, i);
        const moves = driver.shift(count, message);
        driver.posted(port, message, moves);
        break;
      }
      case op.OP_INVOKE: {
        const id = word();
        const target = word();
        const isExport = word() !== 0;
        server.invoke(id, target, isExport, body(word(), word(), word()));
        break;
      }
      case op.OP_SETTLE: {
        const id = word();
        const how = word();
        const code = word();
        const executed = word();
        const at = word();
        const count = word();
        const pairs = word();
        if (how) calls.fail(id, code, executed, count ? values[at] : undefined);
        else calls.reply(id, body(at, count, pairs)[0]);
        break;
      }
      case op.OP_NOTIFIED: {
        const target = word();
        const isExport = word() !== 0;
        server.invoke(-1, target, isExport, body(word(), word(), word()));
        break;
      }
      case op.OP_EVENT: {
        const topic = server.nameOf(word());
        const retain = word() !== 0;
        const [payload] = body(word(), word(), word());
        server.inOrder(() => topics.deliver(topic, payload, retain));
        break;
      }
      case op.OP_NAME:
        driver.named(word(), values[word()]);
        break;
      case op.OP_WAKE:
        driver.wakeAt(word(), word());
        break;
      case op.OP_CANCELLED:
        server.cancelled(word(), reason(word(), word()));
        break;
      case op.OP_STREAM_ITEM: {
        const id = word();
        const cost = word();
        const [item] = body(word(), word(), word());
        lives.readers.get(id)?.item(item, cost);
        break;
      }
      case op.OP_STREAM_READY:
        lives.writers.get(word())?.ready(word());
        break;
      case op.OP_STREAM_STOPPED: {
        const writer = lives.writers.get(word());
        const at = word();
        writer?.stopped(word() ? values[at] : undefined);
        break;
      }
      case op.OP_STREAM_END: {
        const reader = lives.readers.get(word());
        const at = word();
        reader?.ended(word() ? values[at] : undefined);
        break;
      }
      case op.OP_STREAM_RESET: {
        const reader = lives.readers.get(word());
        const at = word();
        const count = word();
        reader?.broken(word() !== 0, count ? values[at] : undefined);
        break;
      }
      case op.OP_EXPORT_DROPPED:
        lives.dropped(word());
        break;
      case op.OP_SIGNAL_ABORTED: {
        const id = word();
        const at = word();
        lives.aborted(id, word() ? values[at] : undefined);
        break;
      }
      case op.OP_IMPORTS_GONE:
        lives.importsGone();
        server.end();
        break;
      case op.OP_AGAIN: {
        const port = word();
        const message: unknown[] = [word(), word()];
        const names = word();
        const again = word();
        const from = i + 1;
        i = addWords(message, words, i);
        for (let k = 0; k < names; k++) {
          message[message.length] = driver.nameOf(words[from + 2 * k + 1] as number);
        }
        for (let k = 0; k < again; k++) {
          for (const value of calls.argsOf(words[from + 2 * names + 3 * k + 1] as number)) {
            message[message.length] = value;
          }
        }
        driver.posted(port, message, []);
        break;
      }
      case op.OP_FORGET:
        driver.forget(word(), word());
        break;
      case op.OP_POST: {
        const kind = word();
        const target = word();
        const port = word();
        const at = i;
        i += 8;
        greeter.post(kind, target, port, words, at, word() !== 0);
        break;
      }
      case op.OP_TAKE_PORT: {
        const port = word();
        if (greeter.arrived?.port) ports.take(port, greeter.arrived.port);
        break;
      }
      case op.OP_CLOSE_PORT:
        ports.close(word());
        break;
      case op.OP_PINNED:
        greeter.pin();
        break;
      case op.OP_OPENED:
        word();
        driver.opened();
        break;
      case op.OP_STATE:
        driver.enter(word());
        break;
      case op.OP_REFUSED:
        refused(driver, word(), word());
        break;
      case op.OP_CLOSED: {
        const [code, words] = CLOSURES[word()] ?? ["channel/protocol", ""];
        const detail = word();
        const at = word();
        const said = word() ? values[at] : driver.closeReason;
        const why = typeof said === "string" ? said : undefined;
        if (code === "channel/protocol") driver.finish(code, why ?? MISBEHAVIOURS[detail] ?? words, words);
        else driver.finish(code, why, words.replace("%", String(detail)).replace("&", String(WIRE_VERSION)));
        return;
      }
      default:
        throw new Error("the core and this module are of different versions");
    }
  }
}

/** Copies `n` and its `n` words to a message; the result is where they end. */
function addWords(message: unknown[], words: Uint32Array, at: number): number {
  const end = at + 1 + (words[at] as number);
  for (let i = at; i < end; i++) message[message.length] = words[i];
  return end;
}

function refused(driver: Driver, denial: number, detail: number): void {
  const [kind, text] = DENIALS[denial] ?? ["dropped", `refused for reason ${denial}`];
  const allowed = driver.settings.patterns.join(", ");
  const { arrived } = driver.greeter;
  driver.report.refused(
    kind,
    text
      .replace("%", kind === "refused" && detail ? String(detail) : (arrived?.name ?? ""))
      .replace("&", denial === op.DENIAL_WRONG_CHANNEL ? driver.settings.name : allowed),
    arrived?.origin,
  );
}
