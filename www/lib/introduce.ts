import { abortedError, meet, settingsFor } from "./connect.js";
import { PortcullisError } from "./error.js";
import { core } from "./internal/core.js";
import type { Driver } from "./internal/driver.js";
import { gateTo } from "./internal/gate.js";
import { clearTimer, listen, setTimer, unlisten } from "./internal/intrinsics.js";
import { OWN, serverIn } from "./internal/server.js";
import { tappable } from "./internal/tap.js";
import type { Channel, ConnectOptions } from "./types.js";

const METHOD = `${OWN}introduce`;

/** An introduction that came: a port to the other page, and the origin that the introducer vouches for. */
interface Arrival {
  readonly port: MessagePort;
  readonly origin: string;
  /** Answers the introducer. */
  taken(result: Promise<void>): void;
}

type Guest = (arrival: Arrival) => Promise<void>;

/** What came and who waits in this page, by the names of introductions. */
interface Desk {
  readonly guests: Map<string, Guest>;
  readonly arrivals: Map<string, Arrival>;
}

/** What a bare port is to `settingsFor`. */
const PORT = 2;
/** Longest delay a timer takes; who waits longer waits for ever. */
const LONGEST = 2 ** 31 - 1;
/** Introductions of names nobody waits for yet that are held. */
const HELD = 16;
/** By the channel through which introductions come. */
const desks = new WeakMap<Driver, Desk>();

function deskOf(driver: Driver): Desk {
  const known = desks.get(driver);
  if (known) return known;
  const desk: Desk = { guests: new Map(), arrivals: new Map() };
  desks.set(driver, desk);
  serverIn(driver).reserve(METHOD, (name, origin, port) => {
    if (typeof name !== "string" || typeof origin !== "string" || !(port instanceof MessagePort)) {
      throw new TypeError("no introduction");
    }
    return new Promise<void>((taken) => {
      const arrival: Arrival = { port, origin, taken };
      const guest = desk.guests.get(name);
      if (guest) taken(guest(arrival));
      else if (desk.arrivals.size < HELD) desk.arrivals.set(name, arrival);
      else throw new RangeError("more introductions than are held");
    });
  });
  return desk;
}

/**
 * In the page that holds channels to both: gives the two a direct port, and vouches to each for the origin that
 * was checked for the other. Done again whenever both are back after a reload.
 *
 * Resolves when both have taken it.
 */
export async function introduce(a: Channel, b: Channel, options: { name?: string } = {}): Promise<void> {
  const { name } = settingsFor(PORT, options);
  const bring = async (): Promise<void> => {
    const { port1, port2 } = new MessageChannel();
    await Promise.all([
      a.call(METHOD, [name, b.origin, port1], { transfer: [port1] }),
      b.call(METHOD, [name, a.origin, port2], { transfer: [port2] }),
    ]);
  };
  await bring();
  let away = false;
  const follow = (): void => {
    if (a.state !== "open" || b.state !== "open") away = true;
    else if (away) {
      away = false;
      // Each tells its own page when it does not come to it.
      bring().catch(() => undefined);
    }
  };
  const stop = [a.onStateChange(follow), b.onStateChange(follow)];
  void Promise.race([a.closed, b.closed]).then(() => {
    for (const off of stop) off();
  });
}

/**
 * In each of the two pages, before or after `introduce`: takes the introduction that comes through `channel`.
 * `allowedOrigins` is checked against the other page, for whose origin the introducer vouches.
 */
export async function acceptIntroduction<Remote = unknown>(
  channel: Channel,
  options: ConnectOptions,
): Promise<Channel<Remote>> {
  const driver = tappable.get(channel);
  if (!driver || !("raw" in driver))
    throw new PortcullisError("connect/refused", "acceptIntroduction() takes a channel of this package");
  const { name, patterns, timeoutMs } = settingsFor(PORT, options);
  if (!patterns.length) {
    throw new PortcullisError(
      "origin/invalid",
      "acceptIntroduction() needs allowedOrigins for the other page",
    );
  }
  const { guests, arrivals } = deskOf(driver);
  if (guests.has(name)) {
    throw new PortcullisError(
      "connect/refused",
      `this page accepts an introduction named "${name}" through this channel already: give this one another name`,
    );
  }
  const { signal } = options;
  if (signal?.aborted) throw abortedError("acceptIntroduction", signal);
  return new Promise((resolve, reject) => {
    let direct: Driver | undefined;
    let meeting: Promise<Channel<Remote>> | undefined;
    let open = false;
    /** Why nobody waits here any more. */
    let over: unknown;
    let came = false;
    let timer: number | undefined;

    const settled = (): void => {
      if (timer !== undefined) clearTimer(timer);
      if (signal) unlisten(signal, "abort", onAbort);
    };
    const fail = (error: unknown): void => {
      if (open || over) return;
      over = error;
      settled();
      guests.delete(name);
      reject(error);
    };
    const onAbort = (): void => fail(abortedError("acceptIntroduction", signal as AbortSignal));
    const onTimeout = (): void => {
      const why = came
        ? "the page introduced did not answer"
        : `nobody introduced "${name}": does the page between call introduce(), with the same name?`;
      fail(new PortcullisError("connect/timed-out", `no channel within ${timeoutMs} ms: ${why}`));
    };

    const guest: Guest = async ({ port, origin }) => {
      const isFirst = !came;
      came = true;
      try {
        if (!core().allows(patterns.join("\n"), options.anyOrigin === true, origin)) {
          throw new PortcullisError(
            "connect/refused",
            `the page introduced is of ${origin}, which is not in allowedOrigins (${patterns.join(", ")})`,
          );
        }
        // After a reload of the other page, or when it is introduced twice: one channel, over the newest port.
        if (direct) {
          direct.greeter.enter(gateTo(port), origin);
          await meeting;
          return;
        }
        meeting = meet<Remote>(port, options, {
          origin,
          made(driver) {
            direct = driver;
          },
        });
        const met = await meeting;
        if (over) {
          met.close();
          throw over;
        }
        open = true;
        settled();
        void met.closed.then(() => guests.delete(name));
        resolve(met);
      } catch (error) {
        port.close();
        // A later one that is refused ends nothing: the first may still be met.
        if (isFirst) fail(error);
        throw error;
      }
    };

    guests.set(name, guest);
    void channel.closed.then(({ reason }) => {
      const why = reason === undefined ? "" : `: ${reason}`;
      fail(new PortcullisError("connect/target-closed", `the channel to the introducer ended${why}`));
    });
    if (signal) listen(signal, "abort", onAbort);
    if (timeoutMs && timeoutMs <= LONGEST) timer = setTimer(onTimeout, timeoutMs);
    const arrival = arrivals.get(name);
    arrivals.delete(name);
    arrival?.taken(guest(arrival));
  });
}
