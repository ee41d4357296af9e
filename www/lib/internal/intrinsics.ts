// What the channel relies on, taken once when this module is evaluated, so that a script that
// patches the page later changes nothing (and no work is done beyond reading them).

const scope = globalThis as typeof globalThis & Record<string, any>;

export const { apply, ownKeys, getPrototypeOf } = Reflect;
export const { isArray } = Array;
export const { hasOwn, keys, defineProperty } = Object;

const { bind, call } = Function.prototype;
/** `uncurry(f)(that, ...args)` is `f.call(that, ...args)`, whatever is patched later. */
const uncurry = bind.bind(call) as (method: unknown) => (that: unknown, ...args: unknown[]) => any;
const getter = (owner: { prototype: object } | undefined, name: string): ((that: unknown) => any) =>
  uncurry(owner && Object.getOwnPropertyDescriptor(owner.prototype, name)?.get);
const method = (owner: { prototype: object } | undefined, name: string) =>
  uncurry(owner && (owner.prototype as Record<string, unknown>)[name]);

export const tagOf = uncurry(Object.prototype.toString) as (value: unknown) => string;

export const eventData = getter(scope.MessageEvent, "data");
export const eventOrigin = getter(scope.MessageEvent, "origin") as (event: unknown) => string;
export const eventSource = getter(scope.MessageEvent, "source") as (event: unknown) => object | null;
export const eventPorts = getter(scope.MessageEvent, "ports") as (event: unknown) => readonly MessagePort[];

export const listen = method(scope.EventTarget, "addEventListener");
export const unlisten = method(scope.EventTarget, "removeEventListener");

export const Channel = scope.MessageChannel;
export const portPost = method(scope.MessagePort, "postMessage");
export const portStart = method(scope.MessagePort, "start");
export const portClose = method(scope.MessagePort, "close");
/** In windows and dedicated workers; works on windows of other origins too. */
export const globalPost = scope.postMessage && uncurry(scope.postMessage);
export const workerPost = method(scope.Worker, "postMessage");

export const later = scope.queueMicrotask.bind(scope) as (task: () => void) => void;
export const setTimer = scope.setTimeout.bind(scope) as (task: () => void, ms: number) => number;
export const clearTimer = scope.clearTimeout.bind(scope) as (timer: number) => void;
/** Milliseconds that only rise. */
export const clock = scope.performance.now.bind(scope.performance) as () => number;
export const random = scope.crypto?.getRandomValues.bind(scope.crypto) as (<T extends ArrayBufferView>(into: T) => T) | undefined;
export const clone = scope.structuredClone?.bind(scope) as (value: unknown) => unknown;
