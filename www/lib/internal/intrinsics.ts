// What the channel relies on, taken once when this module is evaluated, so that a script that
// patches the page later changes nothing. No work is done beyond reading them, and what an
// environment lacks (Node, workers, servers) is simply absent.

type Class = { readonly prototype: object } | undefined;
type Uncurried<Result> = (that: unknown, ...args: unknown[]) => Result;

const scope = globalThis as typeof globalThis & {
  readonly ExtendableMessageEvent?: new () => Event;
};

export const { apply, ownKeys, getPrototypeOf } = Reflect;
export const { isArray } = Array;
export const { hasOwn, keys, defineProperty } = Object;

const { bind, call } = Function.prototype;
/** `uncurry(f)(that, ...args)` is `f.call(that, ...args)`, whatever is patched later. */
const uncurry = bind.bind(call) as <Result>(method: unknown) => Uncurried<Result>;
const method = <Result = void>(owner: Class, name: string): Uncurried<Result> =>
  uncurry(owner && (owner.prototype as Record<string, unknown>)[name]);

const Extendable = scope.ExtendableMessageEvent;
/** A getter of message events; those of a service worker have a class of their own. */
const getter = <Result>(name: string): ((event: unknown) => Result) => {
  const of = (owner: Class): Uncurried<Result> =>
    uncurry(owner && Object.getOwnPropertyDescriptor(owner.prototype, name)?.get);
  const plain = of(scope.MessageEvent);
  if (!Extendable) return plain;
  const extendable = of(Extendable);
  return (event) => (event instanceof Extendable ? extendable(event) : plain(event));
};

export const eventData = getter<unknown>("data");
export const eventOrigin = getter<string>("origin");
export const eventSource = getter<object | null>("source");
export const eventPorts = getter<readonly MessagePort[]>("ports");

const tagOf = uncurry<string>(Object.prototype.toString);
const { MessagePort: Port } = scope;

/** What the platform calls the class of a value, of this realm or another: `Map`, `HTMLIFrameElement`. */
export function classOf(value: unknown): string {
  // Node names its ports after what they inherit.
  return Port && value instanceof Port ? "MessagePort" : tagOf(value).slice(8, -1);
}

export const listen = method(scope.EventTarget, "addEventListener");
export const unlisten = method(scope.EventTarget, "removeEventListener");

export const Channel = scope.MessageChannel;
export const portPost = method(Port, "postMessage");
export const portStart = method(Port, "start");
export const portClose = method(Port, "close");
/** In windows and dedicated workers; works on windows of other origins too. */
export const globalPost = scope.postMessage && uncurry<void>(scope.postMessage);
export const workerPost = method(scope.Worker, "postMessage");

export const later = scope.queueMicrotask.bind(scope) as (task: () => void) => void;
export const setTimer = scope.setTimeout.bind(scope) as unknown as (task: () => void, ms: number) => number;
export const clearTimer = scope.clearTimeout.bind(scope) as (timer: number) => void;
/** Milliseconds that only rise. */
export const clock = scope.performance.now.bind(scope.performance) as () => number;
export const random = scope.crypto?.getRandomValues.bind(scope.crypto) as
  | (<View extends ArrayBufferView>(into: View) => View)
  | undefined;
export const clone = scope.structuredClone?.bind(scope) as (
  value: unknown,
  options?: { transfer?: Transferable[] },
) => unknown;
