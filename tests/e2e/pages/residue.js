// What a call leaves behind in its page. Imported before the package is, so that the package captures these.

/** Live listeners and timers, as texts. */
const live = new Map();
let lastId = 0;

const { addEventListener, removeEventListener } = EventTarget.prototype;
const keys = new WeakMap();

function idOf(object) {
  if (!keys.has(object)) keys.set(object, ++lastId);
  return keys.get(object);
}

function keyOf(target, type, listener, options) {
  const capture = typeof options === "object" ? Boolean(options?.capture) : Boolean(options);
  return `${idOf(target)} ${type} ${idOf(listener)} ${capture}`;
}

EventTarget.prototype.addEventListener = function (type, listener, options) {
  if (listener) {
    live.set(keyOf(this, type, listener, options), `${type} on ${this?.constructor?.name ?? "window"}`);
  }
  return addEventListener.call(this, type, listener, options);
};
EventTarget.prototype.removeEventListener = function (type, listener, options) {
  if (listener) live.delete(keyOf(this, type, listener, options));
  return removeEventListener.call(this, type, listener, options);
};

const { setTimeout: set, clearTimeout: clear } = window;
window.setTimeout = (task, ms, ...rest) => {
  const timer = set(() => {
    live.delete(`timer ${timer}`);
    task(...rest);
  }, ms);
  live.set(`timer ${timer}`, `timer of ${ms} ms`);
  return timer;
};
window.clearTimeout = (timer) => {
  live.delete(`timer ${timer}`);
  clear(timer);
};

/** All there is now: elements, globals, listeners, timers. */
export function snapshot() {
  return {
    elements: document.querySelectorAll("*").length,
    globals: Object.getOwnPropertyNames(window)
      // Indexed names are the frames, which `elements` counts.
      .filter((name) => !/^\d+$/.test(name))
      .concat(Object.getOwnPropertySymbols(window).map(String)),
    held: [...live.keys()],
  };
}

/** The listeners and timers that were not there in `before`. */
export function added(before) {
  return [...live].filter(([key]) => !before.held.includes(key)).map(([, text]) => text);
}

/** Claims that the page is as it was. */
export function nothingAdded(t, before, claim) {
  const now = snapshot();
  t.equal(now.elements, before.elements, `${claim}: elements`);
  const news = now.globals.filter((name) => !before.globals.includes(name));
  t.same(news, [], `${claim}: globals`);
  t.same(added(before), [], `${claim}: listeners and timers`);
}
