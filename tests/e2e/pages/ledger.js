// Counts what a page holds on to: listeners, timers, ports, frames. To be loaded before the package, which takes
// its intrinsics once.

/** Starts the count; the answer tells what is held now, by kind. */
export function keepLedger() {
  const held = { listeners: 0, timers: 0, ports: 0, observers: 0 };
  const listeners = new WeakMap();

  const key = (type, options) =>
    `${type} ${typeof options === "boolean" ? options : Boolean(options?.capture)}`;
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  EventTarget.prototype.addEventListener = function (type, listener, options) {
    const target = this ?? globalThis;
    if (typeof listener === "function" && !(target instanceof AbortSignal && options?.once)) {
      const known = listeners.get(target) ?? listeners.set(target, new Map()).get(target);
      const own = known.get(listener) ?? known.set(listener, new Set()).get(listener);
      if (!own.has(key(type, options))) {
        own.add(key(type, options));
        // A port's listeners go with the port.
        if (!(target instanceof MessagePort)) held.listeners += 1;
      }
    }
    return Reflect.apply(addEventListener, this, [type, listener, options]);
  };
  EventTarget.prototype.removeEventListener = function (type, listener, options) {
    const target = this ?? globalThis;
    if (
      listeners.get(target)?.get(listener)?.delete(key(type, options)) &&
      !(target instanceof MessagePort)
    ) {
      held.listeners -= 1;
    }
    return Reflect.apply(removeEventListener, this, [type, listener, options]);
  };

  const timers = new Set();
  const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
  globalThis.setTimeout = (task, ms, ...args) => {
    const id = setTimeout(() => {
      timers.delete(id);
      task(...args);
    }, ms);
    timers.add(id);
    return id;
  };
  globalThis.clearTimeout = (id) => {
    timers.delete(id);
    clearTimeout(id);
  };
  globalThis.setInterval = (...args) => {
    const id = setInterval(...args);
    timers.add(id);
    return id;
  };
  globalThis.clearInterval = (id) => {
    timers.delete(id);
    clearInterval(id);
  };

  const Native = globalThis.MessageChannel;
  const open = new Set();
  const { close, postMessage } = MessagePort.prototype;
  MessagePort.prototype.close = function () {
    open.delete(this);
    return Reflect.apply(close, this, []);
  };
  const moved = (transfer) => {
    for (const port of transfer ?? []) open.delete(port);
  };
  MessagePort.prototype.postMessage = function (message, transfer) {
    moved(Array.isArray(transfer) ? transfer : transfer?.transfer);
    return Reflect.apply(postMessage, this, [message, transfer]);
  };
  const windowPost = globalThis.postMessage;
  globalThis.postMessage = function (message, target, transfer) {
    moved(transfer);
    return Reflect.apply(windowPost, this, [message, target, transfer]);
  };
  globalThis.MessageChannel = class extends Native {
    constructor() {
      super();
      for (const port of [this.port1, this.port2]) open.add(port);
    }
  };
  // Ports that came with a message are held from the moment somebody takes them.
  const ports = Object.getOwnPropertyDescriptor(MessageEvent.prototype, "ports");
  Object.defineProperty(MessageEvent.prototype, "ports", {
    ...ports,
    get() {
      const list = Reflect.apply(ports.get, this, []);
      for (const port of list) {
        if (!seen.has(port)) open.add(port);
        seen.add(port);
      }
      return list;
    },
  });
  const seen = new WeakSet();

  const Observer = globalThis.MutationObserver;
  globalThis.MutationObserver = class extends Observer {
    #on = false;
    observe(...args) {
      if (!this.#on) held.observers += 1;
      this.#on = true;
      super.observe(...args);
    }
    disconnect() {
      if (this.#on) held.observers -= 1;
      this.#on = false;
      super.disconnect();
    }
  };

  return () => ({ ...held, timers: timers.size, ports: open.size, frames: globalThis.length });
}
