// The other side of a case: a page or worker that runs what the case tells it, through a port of its own.
//
// It says hello to whoever started it, once for each document, so a page that was reloaded is met again.

const here = new URL(import.meta.url).searchParams;
const there = new URLSearchParams(globalThis.location?.search ?? "");
const parameter = (name) => here.get(name) ?? there.get(name);

let control;
/** Ports that the case handed over, and what more than one case uses. */
const given = [];
const lasting = {};

/**
 * What a function of a case gets as its first argument; `state` lives as long as the document. A suite that keeps
 * a guest for several cases renews it for each: what an old case reports late is nobody's then.
 */
class Kit {
  state = {};
  given = given;
  lasting = lasting;
  parameter = parameter;

  constructor(epoch) {
    this.epoch = epoch;
  }

  /** The hand-written speaker of the wire. */
  wire() {
    return import("./wire.js");
  }

  /** One turn of the event loop: what was posted to this realm before has arrived. */
  turn() {
    return new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        port2.close();
        resolve();
      };
      port2.postMessage(undefined);
    });
  }

  /** Tells the case a value that it waits for with `guest.next()`. */
  report(value, transfer = []) {
    control.postMessage({ report: value, epoch: this.epoch }, transfer);
  }
}

let kit = new Kit(0);

/** Gives the package to a realm that cannot import it later. */
export function provide(portcullis) {
  Kit.prototype.portcullis = portcullis;
}

/** Offers this realm to the case through `post`, a function that posts a message with a port. */
export function offer(post) {
  const { port1, port2 } = new MessageChannel();
  control = port2;
  control.onmessage = (event) => perform(event.data);
  globalThis.addEventListener("error", (event) => {
    if (!isCutOff(event)) uncaught("error", event.error ?? event.message);
  });
  globalThis.addEventListener("unhandledrejection", (event) => uncaught("unhandledrejection", event.reason));
  const about = { id: parameter("id"), origin: globalThis.origin, href: globalThis.location?.href };
  post({ e2e: "here", about }, [port1]);
}

async function perform({ run, source, module, name, args, give, renew }) {
  try {
    if (give) return control.postMessage({ run, value: given.push(give) });
    if (renew) {
      kit = new Kit(renew);
      return control.postMessage({ run });
    }
    const entry = parameter("entry") ?? "index";
    if (entry !== "none" && !kit.portcullis) provide(await import(`/dist/${entry}.js`));
    const task = module ? (await import(module))[name] : await compiled(source);
    const value = await task(kit, ...args);
    control.postMessage({ run, value });
  } catch (error) {
    control.postMessage({ run, error: flat(error) });
  }
}

/** A page whose policy forbids eval gets the function from its own server, which answers what it is asked. */
async function compiled(source) {
  const expression = `(${source})`;
  // biome-ignore lint/security/noGlobalEval: running what the case says is all this page is for
  if (parameter("csp") === null) return globalThis.eval(expression);
  const query = new URLSearchParams({ type: "text/javascript", body: `export default ${expression}` });
  return (await import(new URL(`?${query}`, import.meta.url))).default;
}

/**
 * Firefox ends a script that still runs when its frame is taken away, at the latest the one that has just said that the page is
 * there, and tells the page of it as of an exception from nowhere. One that is thrown has a place.
 */
function isCutOff({ error, message, filename, lineno }) {
  return !error && message === "uncaught exception: undefined" && !filename && !lineno;
}

function uncaught(kind, error) {
  control.postMessage({ uncaught: { kind, ...flat(error) } });
}

/** An error as data: engines differ in what survives a clone of it. */
function flat(error) {
  const { name, message, code, executed, stack } = Object(error);
  return { name, message: message ?? String(error), code, executed, stack };
}

/** The page with the case: everything was started from there, by frames in frames, or popups of popups. */
function runner() {
  let at = window;
  for (;;) {
    const next = at.opener ?? (at.parent === at ? null : at.parent);
    if (!next) return at;
    at = next;
  }
}

if (globalThis.window) offer((message, ports) => runner().postMessage(message, "*", ports));
