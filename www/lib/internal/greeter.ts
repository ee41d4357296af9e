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
import { type Greeting, numberOf, type Resident, Stay, TAG, WIRE_VERSION } from "./rooms.js";

/** How soon after a goodbye it is looked whether the window still stands; engines take a moment to say. */
const LOOKS = [0, 50, 250];
/** How often it is looked whether a window without a load event shows its page, or is cut off. */
const BLANK_MS = 100;

/** One driver's side of the gate: posts greetings, takes them, and watches whether the peer's window lives. */
export class Greeter implements Resident {
  readonly #driver: Driver;
  gate: Gate;
  #stay: Stay;
  readonly #undo = new Set<() => void>();
  readonly #timers = new Set<number>();
  /** The greeting that the core is looking at. */
  arrived: Greeting | undefined;
  /** The origin of the peer, from its first accepted greeting on. */
  pinned = "";

  constructor(driver: Driver, gate: Gate) {
    this.#driver = driver;
    this.gate = gate;
    this.#stay = new Stay(gate, driver.settings.name, this);
  }

  /** Settles at the gate and says hello, unless nobody can be there yet. */
  start(greeting?: Greeting): void {
    const { frame } = this.gate;
    this.#bind();
    if (frame) {
      const onLoad = (): void => this.#loaded();
      listen(frame, "load", onLoad);
      this.#undo.add(() => unlisten(frame, "load", onLoad)).add(whenMoved(frame, () => this.look()));
    }
    this.#undo.add(onPage(this.#driver));
    // Who was let in by a hub has spoken already.
    if (greeting) this.arrive(greeting);
    else this.#approach();
    // Also one that says nothing yet has a deadline.
    this.#driver.drain();
  }

  /** Another way to the same peer: the one who introduced it has given a new port. */
  enter(gate: Gate): void {
    this.#stay.leave();
    this.gate = gate;
    this.#stay = new Stay(gate, this.#driver.settings.name, this);
    this.#bind();
    this.#driver.turn();
    this.#greet();
  }

  #bind(): void {
    const { raw } = this.#driver;
    raw.bind(this.#stay.settle());
    raw.hint(this.gate.hint());
  }

  /** Greets when somebody can hear it. A frame says when by its load event; a window is looked at. */
  #approach(): void {
    if (!this.gate.blank()) this.#greet();
    else if (!this.gate.frame) {
      this.#after(BLANK_MS, () => {
        this.look();
        if (!this.#driver.over && this.#driver.state === STATE_CONNECTING) this.#approach();
      });
    }
  }

  #greet(): void {
    const driver = this.#driver;
    this.supply();
    driver.raw.greet(driver.now());
    driver.drain();
  }

  #after(ms: number, task: () => void): void {
    const timer = setTimer(() => {
      this.#timers.delete(timer);
      task();
    }, ms);
    this.#timers.add(timer);
  }

  #loaded(): void {
    const driver = this.#driver;
    driver.turn();
    this.look();
    if (driver.over) return;
    if (driver.state === STATE_OPEN) {
      // A new page may stand there, or none: only an answer tells.
      driver.raw.ping(driver.now());
      driver.drain();
    } else {
      driver.raw.hint(this.gate.hint());
      this.#greet();
    }
  }

  /** Gives the core random bits. */
  supply(): void {
    const { raw } = this.#driver;
    while (random && raw.wantsEntropy()) {
      const [a = 0, b = 0, c = 0, d = 0] = random(new Uint32Array(4));
      raw.entropy(a, b, c, d);
    }
  }

  arrive(greeting: Greeting): void {
    const driver = this.#driver;
    if (driver.over) return;
    driver.turn();
    // A frame that was moved in the document has a new window, which nobody was bound to when it spoke.
    if (this.#stay.moved) this.look();
    if (driver.over) return;
    this.supply();
    this.arrived = greeting;
    driver.raw.arrive(
      driver.now(),
      greeting.trusted,
      numberOf(greeting.key),
      this.gate.kind ? "" : greeting.origin,
      greeting.version,
      greeting.name,
      greeting.kind,
      greeting.mine,
      greeting.yours,
      greeting.shared,
      greeting.port !== undefined,
    );
    driver.drain();
    this.arrived = undefined;
    driver.scheduleIfDirty();
  }

  /** The origin of the greeting at hand is the peer's from now on. */
  pin(): void {
    if (this.arrived) this.pinned = this.gate.kind ? "" : this.arrived.origin;
  }

  /** Posts a greeting for the core; `words` hold its two nonces from `at` on. */
  post(kind: number, target: number, port: number, words: Uint32Array, at: number, hasYours: boolean): void {
    const { settings, ports, report } = this.#driver;
    const message: unknown[] = [
      TAG,
      WIRE_VERSION,
      settings.name,
      kind,
      nonceText(words, at),
      hasYours ? nonceText(words, at + 4) : "",
    ];
    if (kind === GREETING_OFFER) message[6] = settings.options.nonce ?? "";
    const origins: Record<number, string | undefined> = {
      [TARGET_STAR]: "*",
      [TARGET_EXACT]: settings.patterns[0],
      [TARGET_HINT]: this.gate.hint(),
      [TARGET_PINNED]: this.pinned,
    };
    try {
      // "/" is this page itself: what has no target must reach nobody.
      this.gate.post(message, origins[target] || "/", port ? [ports.make(port)] : []);
    } catch (error) {
      report.refused("dropped", `a greeting could not be posted: ${String(error)}`);
    }
  }

  /** The session is lost: is there still a window to meet again? */
  search(): void {
    for (const ms of LOOKS) this.#after(ms, () => this.look());
  }

  /** Ends the channel if the window is gone, follows a frame that was moved to another window. */
  look(): void {
    const driver = this.#driver;
    if (driver.over) return;
    if (!this.gate.alive()) {
      if (driver.state !== STATE_CONNECTING) driver.gone();
      else {
        driver.gone(
          "connect/target-closed",
          "it was closed or removed before it answered (a popup whose page sends Cross-Origin-Opener-Policy is cut off, and looks closed)",
        );
      }
    } else if (this.#stay.moved) {
      // The page went with its window; not every engine lets it say goodbye.
      driver.raw.lose(driver.now());
      this.#bind();
      driver.drain();
      if (!driver.over && !this.gate.blank()) this.#greet();
    }
  }

  end(): void {
    this.#stay.leave();
    for (const undo of this.#undo) undo();
    this.#undo.clear();
    for (const timer of this.#timers) clearTimer(timer);
    this.#timers.clear();
  }
}
