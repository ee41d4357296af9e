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
} from "./ops.js";
import { onPage } from "./page.js";
import { type Greeting, numberOf, type Resident, Stay, TAG, WIRE_VERSION } from "./rooms.js";

/** How soon after a goodbye it is looked whether the window still stands; engines take a moment to say. */
const LOOKS = [0, 50, 250];

/** One driver's side of the gate: posts greetings, takes them, and watches whether the peer's window lives. */
export class Greeter implements Resident {
  readonly #driver: Driver;
  readonly gate: Gate;
  readonly #stay: Stay;
  readonly #undo: (() => void)[] = [];
  readonly #looks = new Set<number>();
  /** The greeting that the core is looking at. */
  arrived: Greeting | undefined;
  #pinned = "";

  constructor(driver: Driver, gate: Gate) {
    this.#driver = driver;
    this.gate = gate;
    this.#stay = new Stay(gate, driver.settings.name, this);
  }

  /** Settles at the gate and says hello, unless nobody can be there yet. */
  start(greeting?: Greeting): void {
    const { gate } = this;
    this.bind();
    if (gate.frame) {
      const onLoad = (): void => this.#loaded();
      listen(gate.frame, "load", onLoad);
      this.#undo.push(() => unlisten(gate.frame, "load", onLoad));
    }
    this.#undo.push(onPage(this.#driver));
    // Who was let in by a hub has spoken already.
    if (greeting) this.arrive({ ...greeting, source: numberOf(greeting.from) });
    else if (!gate.blank()) this.greet();
  }

  bind(): void {
    const { raw } = this.#driver;
    raw.bind(this.#stay.settle());
    raw.hint(this.gate.hint());
  }

  greet(): void {
    const driver = this.#driver;
    if (driver.over) return;
    this.supply();
    driver.raw.greet(driver.now());
    driver.drain();
  }

  #loaded(): void {
    const driver = this.#driver;
    if (driver.over) return;
    driver.turn();
    this.look();
    if (driver.over) return;
    if (driver.state === STATE_OPEN) {
      // A new page may stand there; or none: only an answer tells.
      driver.raw.ping(driver.now());
      driver.schedule();
    } else {
      driver.raw.hint(this.gate.hint());
      this.greet();
    }
  }

  /** Gives the core random bits. */
  supply(): void {
    const { raw } = this.#driver;
    while (raw.wantsEntropy()) {
      const [a = 0, b = 0, c = 0, d = 0] = random?.(new Uint32Array(4)) ?? [];
      raw.entropy(a, b, c, d);
    }
  }

  arrive(greeting: Greeting): void {
    const driver = this.#driver;
    if (driver.over) return;
    driver.turn();
    let { source } = greeting;
    if (this.#stay.moved) {
      this.look();
      if (driver.over) return;
      source = numberOf(greeting.from);
    }
    this.supply();
    this.arrived = greeting;
    driver.raw.arrive(
      driver.now(),
      greeting.trusted,
      source,
      greeting.origin,
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
    if (this.arrived) this.#pinned = this.arrived.origin;
  }

  get pinned(): string {
    return this.#pinned;
  }

  /** Posts a greeting for the core; `words` hold its two nonces from `at` on. */
  post(kind: number, target: number, port: number, words: Uint32Array, at: number, hasYours: boolean): void {
    const { settings, ports } = this.#driver;
    const message: unknown[] = [
      TAG,
      WIRE_VERSION,
      settings.name,
      kind,
      nonceText(words, at),
      hasYours ? nonceText(words, at + 4) : "",
    ];
    if (kind === GREETING_OFFER) message.push(settings.options.nonce ?? "");
    const origin =
      target === TARGET_PINNED
        ? this.#pinned
        : target === TARGET_EXACT
          ? settings.patterns[0]
          : target === TARGET_HINT
            ? this.gate.hint()
            : "*";
    try {
      this.gate.post(message, origin || "/", port ? [ports.make(port)] : []);
    } catch (error) {
      this.#driver.report.refused("dropped", `a greeting could not be posted: ${String(error)}`);
    }
  }

  /** The session is lost: is there still a window to meet again? */
  search(): void {
    for (const ms of LOOKS) {
      const timer = setTimer(() => {
        this.#looks.delete(timer);
        this.look();
      }, ms);
      this.#looks.add(timer);
    }
  }

  /** Ends the channel if the window is gone, follows a frame that was moved to another window. */
  look(): void {
    const driver = this.#driver;
    if (driver.over) return;
    if (!this.gate.alive()) {
      if (driver.state === STATE_CONNECTING) {
        driver.gone(
          "connect/target-closed",
          `${this.gate.label} was closed or removed before it answered (a popup whose page sends Cross-Origin-Opener-Policy is cut off and looks closed)`,
        );
      } else driver.gone();
    } else if (this.#stay.moved) {
      this.bind();
      if (driver.state !== STATE_OPEN && !this.gate.blank()) this.greet();
    }
  }

  end(): void {
    this.#stay.leave();
    for (const undo of this.#undo.splice(0)) undo();
    for (const timer of this.#looks) clearTimer(timer);
    this.#looks.clear();
  }
}
