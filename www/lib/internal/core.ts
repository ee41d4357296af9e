import { type ChannelCore, makeCore } from "./generated/channel.js";
import { apply } from "./intrinsics.js";
import { METHODS } from "./ops.js";
import { createRegistry } from "./registry.js";

/**
 * The state machine of one channel, as `src/js/channel.rs` exports it. Times are milliseconds of one clock, sizes are
 * estimated bytes. A method with a body returns 0 or an id when it was taken, else one of `NOT_SENT_*`.
 */
export interface RawLink {
  free(): void;
  hint(origin: string): void;
  arrive(
    now: number,
    trusted: boolean,
    source: number,
    origin: string,
    version: number,
    name: string,
    kind: number,
    mine: string,
    yours: string,
    shared: string,
    hasPort: boolean,
  ): void;
  /** How many words of operations there are at `outAt()`. */
  poll(now: number): number;
  outAt(): number;
  /** Where to write the header words of the message that `receive` takes. */
  inbox(words: number): number;
  receive(now: number, port: number, seq: number, ack: number, n: number, values: number): void;
  flush(now: number): void;
  intern(now: number): number;
  /** Adds a live value to the next body; 0 if the peer takes none of its kind. */
  live(kind: number, id: number): number;
  clearLives(): void;
  call(
    now: number,
    target: number,
    isExport: boolean,
    argc: number,
    lives: number,
    bytes: number,
    timeoutMs: number,
    flags: number,
  ): number;
  notify(now: number, target: number, isExport: boolean, argc: number, lives: number, bytes: number): number;
  emit(now: number, topic: number, count: number, retain: boolean, lives: number, bytes: number): number;
  reply(now: number, id: number, count: number, lives: number, bytes: number): number;
  fail(now: number, id: number, code: number, count: number, bytes: number): number;
  cancel(now: number, id: number, count: number): number;
  exportValue(): number;
  releaseImport(id: number): void;
  abortExport(id: number, count: number): number;
  openStream(): number;
  /** The credit left; NaN when the item was not taken. */
  item(stream: number, count: number, lives: number, bytes: number): number;
  end(stream: number, count: number): number;
  reset(stream: number, count: number): number;
  grant(stream: number, bytes: number): void;
  consumed(stream: number, cost: number): void;
  stop(stream: number, count: number): number;
  bind(window: number): void;
  greet(now: number): void;
  /** Above 0 while random bits are wanted. */
  wantsEntropy(): number;
  entropy(a: number, b: number, c: number, d: number): void;
  wake(now: number): void;
  lost(now: number, port: number): void;
  unsent(now: number, port: number, seq: number): void;
  cut(): void;
  /** Above 0 while frames wait for `flush`. */
  dirty(): number;
  buffered(): number;
  probe(now: number): void;
  ping(now: number): void;
  peerGone(now: number): void;
  suspend(now: number): void;
  resume(now: number): void;
  leave(now: number): void;
  violation(now: number, misbehaviour: number): void;
  close(now: number, count: number): number;
  /** The peer's page is gone from its window; another may come. */
  lose(now: number): void;
}

/** The one place where carriers offer the channel core and every entry finds it. */
export const registry = createRegistry<ChannelCore>(makeCore, "portcullis");

/** What must be told when the core is lost. */
export interface Mourner {
  /** The core trapped: nothing of it may be used any more. */
  crashed(cause: unknown): void;
}

/** Everybody who holds a link of the present core. */
export const mourners = new Set<Mourner>();
let guarded: ChannelCore | undefined;

/** The core as the facade sees it: a link has its methods by name. */
interface Core extends Omit<ChannelCore, "RawLink"> {
  readonly RawLink: new (...options: ConstructorParameters<ChannelCore["RawLink"]>) => RawLink;
}

type Methods = Record<string, (...args: (number | boolean | undefined)[]) => unknown>;

/** The core, made at the first call; its links report a trap instead of throwing it at the application. */
export function core(): Core {
  const present = registry.core();
  if (guarded !== present) {
    guarded = present;
    name(present, present.RawLink.prototype as unknown as Methods);
  }
  return present as unknown as Core;
}

/**
 * Gives the methods that take only numbers their names. Whatever a method throws is a trap (out of memory, a broken
 * invariant), after which the whole instance is dropped and the next `connect` starts a fresh one.
 */
function name(owner: ChannelCore, link: Methods): void {
  const { arrive, hint } = link as Record<"arrive" | "hint", Methods[string]>;
  const trapped = (error: unknown): number => {
    // A late word of an instance that is already gone must not take its successor down.
    if (guarded === owner) crash(error);
    return TRAPPED;
  };
  for (const [name, method] of [
    ["arrive", arrive],
    ["hint", hint],
  ] as const) {
    link[name] = function (this: unknown, ...args) {
      try {
        return apply(method, this, args);
      } catch (error) {
        return trapped(error);
      }
    };
  }
  METHODS.split(" ").forEach((name, number) => {
    // Written out: a lone call passes here seventeen times, and lists of arguments were a twentieth of its time.
    link[name] = function (this: { run: Methods[string] }, a, b, c, d, e, f, g, h) {
      try {
        return this.run(number, a, b, c, d, e, f, g, h);
      } catch (error) {
        return trapped(error);
      }
    } as Methods[string];
  });
}

/** What a trapped method answers: below every code, so that nothing is taken for accepted. */
const TRAPPED = -9;

function crash(cause: unknown): void {
  registry.drop();
  guarded = undefined;
  const all = [...mourners];
  mourners.clear();
  for (const mourner of all) mourner.crashed(cause);
}
