import { nonceText } from "./border.js";
import type { Driver } from "./driver.js";
import type { Gate } from "./gate.js";
import { clearTimer, listen, random, setTimer, unlisten } from "./intrinsics.js";
import {
  GREETING_OFFER,
  STATE_CONNECTING,
  STATE_OPEN,
  TARGET_EXACT,
  TARGET_HINT,
  TARGET_PINNED,
  TARGET_STAR,
} from "./ops.js";
import { onPage, whenMoved } from "./page.js";
import { type Greeting, numberOf, type Resident, type Stay, stayAt, TAG, WIRE_VERSION } from "./rooms.js";

/** How soon after a goodbye it is looked whether the window still stands; engines take a moment to say. */
const LOOKS = [0, 50, 250];
/** How often it is looked whether a window without a load event shows its page, or is cut off. */
const BLANK_MS = 100;

/** One driver's side of the gate: posts greetings, takes them, and watches whether the peer's window lives. */
export interface Greeter extends Resident {
  gate: Gate;
  /** The greeting that the core is looking at. */
  arrived: Greeting | undefined;
  /** The origin of the peer, from its first accepted greeting on; of a port that of who vouches for it, if anybody does. */
  pinned: string;
  /** Settles at the gate and says hello, unless nobody can be there yet. */
  start(greeting?: Greeting): void;
  /** Another way to the peer, which is of this origin: the one who introduced it has given a new port. */
  enter(gate: Gate, origin: string): void;
  /** Gives the core random bits. */
  supply(): void;
  /** The origin of the greeting at hand is the peer's from now on. */
  pin(): void;
  /** Posts a greeting for the core, with its nonces. */
  post(
    kind: number,
    target: number,
    port: number,
    mine: readonly number[],
    yours: readonly number[] | undefined,
  ): void;
  /** The session is lost: is there still a window to meet again? */
  search(): void;
  /** Ends the channel if the window is gone, follows a frame that was moved to another window. */
  look(): void;
  end(): void;
}

/** Makes the greeter of a channel. */
export function greeterOf(driver: Driver, gate: Gate): Greeter {
  const { raw, settings, now, over, take, report, ports } = driver;
  let undo: (() => void)[] = [];
  let timers: Set<number> | undefined;
  let stay: Stay;

  const settle = (at: Gate): void => {
    greeter.gate = at;
    stay = stayAt(at, settings.name, greeter);
  };

  const bind = (): void => {
    raw.bind(stay.settle());
    raw.hint(greeter.gate.hint());
  };

  const greet = (): void => {
    supply();
    raw.greet(now());
  };

  /** Greets when somebody can hear it. A frame says when by its load event; a window is looked at. */
  const approach = (): void => {
    if (!greeter.gate.blank()) greet();
    else if (!greeter.gate.frame) {
      after(BLANK_MS, () => {
        look();
        if (driver.state === STATE_CONNECTING) take(approach);
      });
    }
  };

  const after = (ms: number, task: () => void): void => {
    const timer = setTimer(() => {
      timers?.delete(timer);
      task();
    }, ms);
    timers ??= new Set();
    timers.add(timer);
  };

  const loaded = (): void =>
    take(() => {
      look();
      if (over()) return;
      // Where a session is open a new page may stand now, or none: only an answer tells.
      if (driver.state === STATE_OPEN) raw.ping(now());
      else {
        raw.hint(greeter.gate.hint());
        greet();
      }
    });

  const supply = (): void => {
    while (random && raw.wantsEntropy()) {
      const [a = 0, b = 0, c = 0, d = 0] = random(new Uint32Array(4));
      raw.entropy(a, b, c, d);
    }
  };

  const look = (): void => {
    if (over()) return;
    if (!greeter.gate.alive()) {
      driver.gone(
        driver.state === STATE_CONNECTING
          ? {
              code: "connect/target-closed",
              detail:
                "it was closed or removed before it answered (a popup whose page sends Cross-Origin-Opener-Policy is cut off, and looks closed)",
            }
          : undefined,
      );
    } else if (stay.moved()) {
      // The page went with its window; not every engine lets it say goodbye.
      take(() => {
        raw.lose(now());
        bind();
      });
      if (!over() && !greeter.gate.blank()) take(greet);
    }
  };

  const greeter: Greeter = {
    report,
    gate,
    arrived: undefined,
    pinned: settings.origin ?? "",
    supply,
    look,
    start(greeting) {
      const { frame } = gate;
      bind();
      if (frame) {
        listen(frame, "load", loaded);
        undo = [() => unlisten(frame, "load", loaded), whenMoved(frame, look)];
      }
      undo[undo.length] = onPage(driver);
      // Who was let in by a hub has spoken already; and also one that says nothing yet has a deadline.
      if (greeting) greeter.arrive(greeting);
      else take(approach);
    },
    enter(gate, origin) {
      greeter.pinned = origin;
      stay.leave();
      settle(gate);
      bind();
      take(greet);
    },
    arrive(greeting) {
      take(() => {
        // A frame that was moved in the document has a new window, which nobody was bound to when it spoke.
        if (stay.moved()) look();
        if (over()) return;
        supply();
        greeter.arrived = greeting;
        raw.arrive(
          now(),
          greeting.trusted,
          numberOf(greeting.key),
          greeter.gate.kind ? "" : greeting.origin,
          greeting.version,
          greeting.name,
          greeting.kind,
          greeting.mine,
          greeting.yours,
          greeting.shared,
          greeting.port !== undefined,
        );
      });
      greeter.arrived = undefined;
    },
    pin() {
      if (greeter.arrived && !greeter.gate.kind) greeter.pinned = greeter.arrived.origin;
    },
    post(kind, target, port, mine, yours) {
      const { gate, pinned } = greeter;
      const message: unknown[] = [TAG, WIRE_VERSION, settings.name, kind, nonceText(mine), ""];
      if (yours) message[5] = nonceText(yours);
      if (kind === GREETING_OFFER) message[6] = settings.options.nonce ?? "";
      const origins: Record<number, string | undefined> = {
        [TARGET_STAR]: "*",
        [TARGET_EXACT]: settings.patterns[0],
        [TARGET_PINNED]: pinned,
      };
      try {
        // "/" is this page itself: what has no target must reach nobody.
        const origin = target === TARGET_HINT ? gate.hint() : origins[target];
        gate.post(message, origin || "/", port ? [ports.make(port)] : []);
      } catch (error) {
        report.refused("dropped", `a greeting could not be posted: ${String(error)}`);
      }
    },
    search() {
      for (const ms of LOOKS) after(ms, look);
    },
    end() {
      stay.leave();
      for (const task of undo.splice(0)) task();
      for (const timer of timers ?? []) clearTimer(timer);
    },
  };
  settle(gate);
  return greeter;
}
