import type { LooseMethods } from "./types.js";

type Call = (method: string, args: readonly unknown[]) => Promise<unknown>;

/**
 * The object whose properties are the peer's methods.
 *
 * Each name asked for becomes an own property, so that a proxy is met once per name and every later call is a
 * plain property read and a plain function call.
 */
export function remoteOf(call: Call): LooseMethods {
  return layer(Object.create(null) as object, "", call) as LooseMethods;
}

function layer(target: object, prefix: string, call: Call): object {
  const proxy = new Proxy(Object.create(null) as object, {
    get(_, name, receiver) {
      // Not a promise, whatever the peer offers; and symbols are no names on the wire.
      if (typeof name !== "string" || name === "then") return undefined;
      const method = prefix + name;
      const remote = (...args: unknown[]): Promise<unknown> => call(method, args);
      // Functions have a name and a length of their own; here those may be methods.
      for (const own of Reflect.ownKeys(remote)) Reflect.deleteProperty(remote, own);
      layer(remote, `${method}.`, call);
      if (receiver === target) Object.defineProperty(target, name, { value: remote });
      return remote;
    },
  });
  return Object.setPrototypeOf(target, proxy) as object;
}
