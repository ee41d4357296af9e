// What the channel relies on, taken once when this module is evaluated, so that a script that
// patches the page later changes nothing. No work is done beyond reading them, and what an
// environment lacks (Node, workers, servers) is simply absent. What is marked as pure a bundler may leave out
// of a page that never uses it.

type Class = { readonly prototype: object } | undefined;
type Uncurried<Result> = (that: unknown, ...args: unknown[]) => Result;

const scope = globalThis as typeof globalThis & {
  readonly ExtendableMessageEvent?: new () => Event;
};

export const apply = Reflect.apply;
export const ownKeys = Reflect.ownKeys;
export const getPrototypeOf = Reflect.getPrototypeOf;
export const isArray = Array.isArray;
export const hasOwn = Object.hasOwn;
export const keys = Object.keys;
export const defineProperty = Object.defineProperty;

const { bind, call } = Function.prototype;
/** `uncurry(f)(that, ...args)` is `f.call(that, ...args)`, whatever is patched later. */
const uncurry = /* @__PURE__ */ bind.bind(call) as <Result>(method: unknown) => Uncurried<Result>;
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

export const eventData = /* @__PURE__ */ getter<unknown>("data");
export const eventOrigin = /* @__PURE__ */ getter<string>("origin");
export const eventSource = /* @__PURE__ */ getter<object | null>("source");
export const eventPorts = /* @__PURE__ */ getter<readonly MessagePort[]>("ports");

/** Whether a property is the object's own and enumerable. */
export const isListed = /* @__PURE__ */ uncurry<boolean>(Object.prototype.propertyIsEnumerable);
const tagOf = /* @__PURE__ */ uncurry<string>(Object.prototype.toString);
const { MessagePort: Port } = scope;

/** What the platform calls the class of a value, of this realm or another: `Map`, `HTMLIFrameElement`. */
export function classOf(value: unknown): string {
  // Node names its ports after what they inherit.
  return Port && value instanceof Port ? "MessagePort" : tagOf(value).slice(8, -1);
}

export const listen = /* @__PURE__ */ method(scope.EventTarget, "addEventListener");
export const unlisten = /* @__PURE__ */ method(scope.EventTarget, "removeEventListener");

/** Makes a signal that follows others. */
export const signalOfAny = /* @__PURE__ */ scope.AbortSignal?.any?.bind(AbortSignal) as
  | ((signals: readonly AbortSignal[]) => AbortSignal)
  | undefined;

export const Channel = scope.MessageChannel;
export const portPost = /* @__PURE__ */ method(Port, "postMessage");
export const portStart = /* @__PURE__ */ method(Port, "start");
export const portClose = /* @__PURE__ */ method(Port, "close");
/** In windows and dedicated workers; works on windows of other origins too. */
export const globalPost = scope.postMessage && /* @__PURE__ */ uncurry<void>(scope.postMessage);
export const workerPost = /* @__PURE__ */ method(scope.Worker, "postMessage");

/**
 * Runs a task as a microtask. An `await` looks nothing up that a page could patch, and costs a fraction of `queueMicrotask`,
 * for which engines wrap the function.
 */
export const later = async (task: () => void): Promise<void> => {
  await undefined;
  task();
};
export const setTimer = /* @__PURE__ */ scope.setTimeout.bind(scope) as unknown as (
  task: () => void,
  ms: number,
) => number;
export const clearTimer = /* @__PURE__ */ scope.clearTimeout.bind(scope) as (timer: number) => void;
/** Milliseconds that only rise. */
export const clock = /* @__PURE__ */ scope.performance.now.bind(scope.performance) as () => number;
export const random = /* @__PURE__ */ scope.crypto?.getRandomValues.bind(scope.crypto) as
  | (<View extends ArrayBufferView>(into: View) => View)
  | undefined;
export const clone = /* @__PURE__ */ scope.structuredClone?.bind(scope) as (
  value: unknown,
  options?: { transfer?: Transferable[] },
) => unknown;
