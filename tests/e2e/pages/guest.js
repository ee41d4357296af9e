// Frames, popups and workers that a case steers: their realms run the puppet.

import { Failed } from "./assert.js";

const SCRIPTS = new URL(".", import.meta.url).pathname;

/** Guests by the id in their address. */
const guests = new Map();
let lastId = 0;

/**
 * Takes the puppets' greetings before anybody else sees them: what a case counts on this window is then
 * the package's traffic alone. Runs before the package is loaded, so its listener is the first.
 */
window.addEventListener("message", (event) => greeted(event, event.source), { capture: true });

function greeted(event, source = undefined) {
  if (event.data?.e2e !== "here") return;
  event.stopImmediatePropagation();
  const { about } = event.data;
  guests.get(Number(about.id))?.arrived(about, event.ports[0], source);
}

/** One realm that a case started; it may be replaced by later documents. */
export class Guest {
  #calls = new Map();
  #lastCall = 0;
  #control;
  #waiting = [];
  #reports = [];
  #readers = [];
  #epoch = 0;

  constructor(world) {
    this.world = world;
    this.id = ++lastId;
    guests.set(this.id, this);
    /** How many documents have said hello. */
    this.documents = 0;
    /** Resolves when the first document is there. */
    this.ready = new Promise((resolve, reject) => {
      this.nextDocument().then(resolve);
      this.fail = reject;
    });
    world.cleanups.push(() => guests.delete(this.id));
  }

  /** Resolves when the next document (or worker) says hello. */
  nextDocument() {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  arrived(about, control, source) {
    this.about = about;
    this.window = source ?? undefined;
    this.documents += 1;
    this.#control = control;
    control.onmessage = (event) => this.#heard(event.data);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve(this);
  }

  /** Runs a function in the guest; it sees its own arguments only, `kit` first. */
  run(task, ...args) {
    return this.#post({ source: String(task), args });
  }

  /** Runs an exported function of a module, for pages whose policy forbids eval. */
  runModule(path, name, ...args) {
    return this.#post({ module: new URL(path, import.meta.url).pathname, name, args });
  }

  /** Hands a port over; it is in `kit.given` there. */
  give(port) {
    const run = ++this.#lastCall;
    return new Promise((resolve, reject) => {
      this.#calls.set(run, { resolve, reject });
      this.#control.postMessage({ run, give: port }, [port]);
    });
  }

  /** Begins another case in the same guest: a fresh `kit`, and nobody reads what the old one reports. */
  renew() {
    this.#epoch += 1;
    this.#reports = [];
    this.#readers = [];
    return this.#post({ renew: this.#epoch });
  }

  /** The next value that the guest reported. */
  next() {
    if (this.#reports.length > 0) return Promise.resolve(this.#reports.shift());
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  /** How many reports nobody has read. */
  get unread() {
    return this.#reports.length;
  }

  #post(order) {
    const run = ++this.#lastCall;
    return new Promise((resolve, reject) => {
      this.#calls.set(run, { resolve, reject });
      this.#control.postMessage({ run, ...order });
    });
  }

  #heard({ run, value, error, report, epoch, uncaught }) {
    if (uncaught) return this.world.uncaught.push({ where: `guest ${this.about.origin}`, ...uncaught });
    if (run === undefined) {
      if (epoch !== this.#epoch) return;
      const reader = this.#readers.shift();
      return reader ? reader(report) : this.#reports.push(report);
    }
    const call = this.#calls.get(run);
    this.#calls.delete(run);
    if (error) call.reject(Object.assign(new Failed(error.message), error, { from: this.about.origin }));
    else call.resolve(value);
  }

  /** The address of a page for this guest. */
  address({ origin, page = "guest.html", params = {}, attributes }) {
    const url = new URL(SCRIPTS + page, origin);
    url.searchParams.set("id", String(this.id));
    const { entry } = this.world;
    // In WebKit `'self'` matches nothing in a document without an origin.
    const csp = attributes?.sandbox ? this.world.csp?.replace("'self'", url.origin) : this.world.csp;
    for (const [name, value] of Object.entries({ entry, csp, ...params })) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    return url.href;
  }

  /** The markup of a page for this guest, for `srcdoc` and `data:`. */
  markup({ origin, params = {} }) {
    const script = this.address({ origin, page: "puppet.js", params }).replaceAll("&", "&amp;");
    return `<!doctype html><html lang="en"><meta charset="utf-8"><title>guest</title><script type="module" src="${script}"></script></html>`;
  }
}

/**
 * A frame whose document the case steers. `settings`: `origin`, `page`, `params` (of its address), `attributes` (of the
 * element), `srcdoc` or `data` (true: no address), `into` (an element), `later` (true: no address yet;
 * `guest.load()` gives it).
 */
export function frame(world, settings) {
  const guest = new Guest(world);
  const element = (settings.into?.ownerDocument ?? document).createElement("iframe");
  for (const [name, value] of Object.entries(settings.attributes ?? {})) element.setAttribute(name, value);
  guest.element = element;
  guest.load = () => {
    if (settings.srcdoc) element.srcdoc = guest.markup(settings);
    else if (settings.data) element.src = `data:text/html,${encodeURIComponent(guest.markup(settings))}`;
    else element.src = guest.address(settings);
    return guest.ready;
  };
  /** Shows another page in the frame; resolves when its document says hello. */
  guest.navigate = (next) => {
    const arrival = guest.nextDocument();
    element.src = guest.address({ ...settings, ...next });
    return arrival;
  };
  if (!settings.later) guest.load();
  (settings.into ?? document.body).append(element);
  world.cleanups.push(() => element.remove());
  return guest;
}

/** A popup whose document the case steers. `settings`: `origin`, `page`, `params`. */
export function popup(world, settings) {
  const guest = new Guest(world);
  guest.url = guest.address(settings);
  guest.open = () => {
    guest.popup = window.open(guest.url, "_blank");
    if (!guest.popup) throw new Failed("the browser opened no popup");
    return guest.ready;
  };
  world.cleanups.push(() => guest.popup?.close());
  return guest;
}

/** A worker that the case steers. `settings`: `shared`, `params`. */
export function worker(world, settings = {}) {
  const guest = new Guest(world);
  const url = guest.address({ origin: location.origin, page: "worker.js", params: settings.params });
  if (settings.shared) {
    /** Another connection to the same worker. */
    guest.connection = () => new SharedWorker(url, { type: "module" });
    const { port } = guest.connection();
    port.addEventListener("message", greeted);
    port.start();
  } else {
    guest.worker = new Worker(url, { type: "module" });
    guest.worker.addEventListener("message", greeted);
    world.cleanups.push(() => guest.worker.terminate());
  }
  return guest;
}

/** A service worker that the case steers. */
export function serviceWorker(world) {
  const guest = new Guest(world);
  const url = guest.address({ origin: location.origin, page: "service.js" });
  const { serviceWorker: container } = navigator;
  container.addEventListener("message", greeted);
  container.startMessages();
  const begin = async () => {
    const scope = new URL(`scopes/${guest.id}/`, import.meta.url);
    const registration = await container.register(url, { scope, type: "module" });
    guest.worker = registration.installing ?? registration.waiting ?? registration.active;
    guest.worker.postMessage({ e2e: "where are you" });
    world.cleanups.push(() => registration.unregister());
  };
  begin().catch(guest.fail);
  return guest;
}
