import { PortcullisError, type PortcullisErrorCode } from "../error.js";
import type { Driver } from "./driver.js";
import { failure } from "./failures.js";
import { clone } from "./intrinsics.js";
import { livesIn } from "./live.js";
import {
  EXECUTED_NO,
  FAIL_CHANNEL_CLOSED,
  FAIL_PEER_GONE,
  NOT_SENT_BUSY,
  NOT_SENT_CLOSED,
  NOT_SENT_GONE,
  STATE_OPEN,
} from "./ops.js";
import { NotCloneable, takesNo } from "./path.js";
import { plainBytes, type Walked, walk } from "./values.js";

/** Gives a frame to the core and returns its answer: below zero it was not taken. */
type Write = (values: readonly unknown[], lives: number, bytes: number) => number;

/** How a body leaves. */
interface Sending {
  readonly transfer?: readonly Transferable[] | undefined;
  /** What a body that will be sent again is; live values and transfers cannot be. */
  readonly again?: "idempotent" | "retained" | undefined;
  /** May wait for a macrotask. */
  readonly ticks?: boolean;
}

const NOT_SENT = { executed: "no" };

/** What the application sends: values wait here in the order of their frames, which the core holds. */
export interface Outbox {
  /** What a method, function or topic is called in messages. Made only when one is needed. */
  describe(name: string): string;
  /** The number that `name` has on the wire. */
  intern(name: string, wrong?: PortcullisErrorCode): number;
  /** A name told before, for a peer that has to be told again. */
  nameOf(id: number): string;
  /** Queues the values of a small frame if the core's answer is that it took it. */
  tell(answer: number, ...values: readonly unknown[]): void;
  /**
   * Sends a body, or throws why it cannot be. `root` is what its values are to the application and `to` where they
   * go; without a `root` a value that cannot cross is left to the caller.
   */
  send(to: string, values: readonly unknown[], write: Write, root?: string, how?: Sending): void;
  /** Adds the next `count` values to a message; the result is what moves with them. */
  shift(count: number, message: unknown[]): Transferable[];
  /** Drops values of frames that will never leave. */
  forget(at: number, count: number): void;
}

/** Makes the outbox of a channel. */
export function outboxOf(driver: Driver): Outbox {
  const { raw, settings, now, over, schedule } = driver;
  const { limits } = settings;
  const queue: unknown[] = [];
  /** What moves with the value at the same place. */
  const moving: Transferable[][] = [];
  /** Names told to the peer, both ways. */
  const names: string[] = [];
  const ids = new Map<string, number>();

  const describe = (name: string): string => `"${name}" of ${driver.origin || "the peer"}`;

  const push = (values: readonly unknown[]): void => {
    for (let i = 0; i < values.length; i++) queue[queue.length] = values[i];
  };

  const tell = (answer: number, ...values: readonly unknown[]): void => {
    if (answer >= 0) push(values);
    schedule();
  };

  /** Fails for a frame that the core did not take. */
  const refuse = (answer: number, to: string): never => {
    // What went before it may have to leave.
    if (!over()) schedule();
    if (answer === NOT_SENT_BUSY) {
      throw new PortcullisError(
        "call/busy",
        `${describe(to)} was not sent: as much waits as limits.pendingCalls or limits.queuedBytes allows`,
        NOT_SENT,
      );
    }
    const code = answer === NOT_SENT_GONE ? FAIL_PEER_GONE : FAIL_CHANNEL_CLOSED;
    throw failure(code, EXECUTED_NO, undefined, describe(to));
  };

  const intern = (name: string, wrong: PortcullisErrorCode = "call/method-not-found"): number => {
    if (over()) refuse(NOT_SENT_CLOSED, name);
    const known = ids.get(name);
    if (known !== undefined) return known;
    if (typeof name !== "string" || name.length > limits.nameLength) {
      throw new PortcullisError(
        wrong,
        `${String(name).slice(0, 40)}… is no name: it has more than limits.nameLength characters`,
      );
    }
    const id = raw.intern(now());
    if (id < 0) refuse(id, name);
    const old = names[id];
    if (old !== undefined) ids.delete(old);
    names[id] = name;
    ids.set(name, id);
    tell(id, name);
    return id;
  };

  const takeOut = (to: string, values: unknown[], moves: Transferable[]): [unknown[], Transferable[]] => {
    try {
      return clone([values, moves], { transfer: moves }) as [unknown[], Transferable[]];
    } catch (cause) {
      throw new PortcullisError(
        "call/not-cloneable",
        `a value of ${describe(to)} cannot cross: ${String(cause)}`,
        { path: "transfer", ...NOT_SENT, cause },
      );
    }
  };

  /** The peer would take a larger body for a breach of the protocol. */
  const bound = (bytes: number, to: string): void => {
    if (bytes > limits.queuedBytes) {
      throw new PortcullisError(
        "call/busy",
        `${describe(to)} was not sent: its values are larger than limits.queuedBytes (${limits.queuedBytes})`,
        NOT_SENT,
      );
    }
  };

  const sendWalked = (walked: Walked, to: string, write: Write, ticks: boolean | undefined): void => {
    const { bytes, lives, complex, paths } = walked;
    let { values, moves } = walked;
    bound(bytes, to);
    if (complex) {
      // What leaves later, or may throw when it leaves, is taken now: as with `postMessage`, the call decides.
      if (moves.length || driver.state !== STATE_OPEN) [values, moves] = takeOut(to, values, moves);
      raw.cut();
    }
    const answer =
      !lives.length || livesIn(driver).write(lives) ? write(values, lives.length, bytes) : NOT_SENT_BUSY;
    if (answer < 0) refuse(answer, to);
    if (moves.length) moving[queue.length + values.length - 1] = moves;
    push(values);
    if (lives.length) push([paths]);
    if (complex) {
      raw.cut();
      driver.flush();
    } else if (ticks) driver.tick();
    else schedule();
  };

  return {
    describe,
    intern,
    tell,
    nameOf: (id) => names[id] ?? "",
    send(to, values, write, root, { transfer, again, ticks } = {}) {
      if (over()) refuse(NOT_SENT_CLOSED, to);
      const bytes = transfer ? -1 : plainBytes(values);
      if (bytes >= 0) {
        bound(bytes, to);
        const answer = write(values, 0, bytes);
        if (answer < 0) refuse(answer, to);
        push(values);
        if (ticks) driver.tick();
        else schedule();
        return;
      }
      let walked: Walked;
      try {
        walked = walk(values, settings, transfer);
        // Asked before anything is lent or locked, with an id of nothing.
        const { lives } = walked;
        const stays = lives.find(({ kind }) => !raw.live(kind, -1));
        if (lives.length) raw.clearLives();
        if (stays) throw new NotCloneable(stays.path, takesNo(stays.kind));
      } catch (error) {
        throw root && error instanceof NotCloneable ? error.toError(root, describe(to)) : error;
      }
      if (again && (walked.lives.length || walked.moves.length)) {
        throw new PortcullisError(
          "call/invalid",
          `${describe(to)} cannot be ${again}: transfers and live values cross once`,
        );
      }
      sendWalked(walked, to, write, ticks);
    },
    shift(count, message) {
      for (const value of queue.splice(0, count)) message[message.length] = value;
      return moving.length ? moving.splice(0, count).flat() : [];
    },
    forget(at, count) {
      queue.splice(at, count);
      moving.splice(at, count);
    },
  };
}
