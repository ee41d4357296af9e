// The page in which cases run. The suite, the engine and the ports come in the address.

import * as assert from "./assert.js";
import * as guest from "./guest.js";

const parameters = new URLSearchParams(location.search);
const engine = parameters.get("engine");
const entry = parameters.get("entry") ?? "index";
/** The channel entry beside it, for what works over whichever there is. */
const channelEntry = parameters.get("channel") ?? "index";
/** The policy of this page and its guests, where the suite has one. */
const csp = parameters.get("csp") ?? undefined;
const ports = parameters.get("ports").split(",").map(Number);
const https = Number(parameters.get("https"));

/** How long a case may take that does not say otherwise: long enough for a machine that does much else. */
const CASE_MS = 30_000;

/** What `connect` gets of it: a little less, so that a case that fails by it says why. */
const CONNECT_MS = 25_000;

/** Errors that no promise of a case caught, since the last case began. */
const uncaught = [];
window.addEventListener("error", (event) => {
  uncaught.push({ where: "host", kind: "error", message: event.message, stack: event.error?.stack });
});
window.addEventListener("unhandledrejection", ({ reason }) => {
  uncaught.push({ where: "host", kind: "unhandledrejection", message: String(reason), stack: reason?.stack });
});

const origin = (host, port = ports[0]) => `http://${host}:${port}`;

/** The cast. Every name is its own origin; `sibling` and `neighbour` are of the host's own site. */
const origins = {
  host: location.origin,
  guest: origin("guest.localhost"),
  partner: origin("partner.localhost"),
  evil: origin("evil.localhost"),
  sibling: origin("widget.host.localhost"),
  neighbour: origin("host.localhost", ports[1]),
};

/** What a case gets: claims, the cast, and ways to start guests that end with the case. */
class World {
  cleanups = [];
  steps = [];

  constructor(name, portcullis, facts) {
    Object.assign(this, assert, {
      name,
      engine,
      entry,
      channelEntry,
      csp,
      origins,
      uncaught,
      origin,
      ports,
      https,
    });
    /** The package under test. */
    this.portcullis = portcullis;
    this.fact = (id) => {
      if (!facts[id]) throw new assert.Failed(`engine_facts.json has no fact ${id}`);
      return facts[id][engine];
    };
  }

  /** A frame; resolves when its document is ready. */
  async frame(settings) {
    return guest.frame(this, settings).ready;
  }

  /** A frame, not waited for. */
  frameLater(settings) {
    return guest.frame(this, settings);
  }

  popup(settings) {
    return guest.popup(this, settings);
  }

  async worker(settings) {
    return guest.worker(this, settings).ready;
  }

  async serviceWorker() {
    return guest.serviceWorker(this).ready;
  }

  /** The world of guests that outlive the case. */
  keeping() {
    lasting ??= new World("the suite", portcullis, facts);
    return lasting;
  }

  /** `connect` of the package, as patient as a case unless it says otherwise; the channel is closed with the case. */
  async connect(peer, options) {
    const patient = options && { timeoutMs: CONNECT_MS, ...options };
    return this.closing(await this.portcullis.connect(peer, patient));
  }

  /** Closes a channel, hub or port with the case. */
  closing(closable) {
    this.cleanups.push(() => closable.close());
    return closable;
  }

  /** Says where the case is; the last step is told when it takes too long. */
  step(text) {
    this.steps.push(text);
  }

  /** The next event of this type that fits. */
  event(target, type, fits = () => true) {
    return new Promise((resolve) => {
      const listen = (event) => {
        if (!fits(event)) return;
        target.removeEventListener(type, listen);
        resolve(event);
      };
      target.addEventListener(type, listen);
      this.cleanups.push(() => target.removeEventListener(type, listen));
    });
  }

  /** A promise with its ends. */
  deferred() {
    let ends;
    const promise = new Promise((resolve, reject) => {
      ends = { resolve, reject };
    });
    return { promise, ...ends };
  }

  /** The errors that nobody caught so far; the case answers for them. */
  takeUncaught() {
    return this.uncaught.splice(0);
  }

  /** One turn of the event loop through a port: what was posted before has arrived. */
  turn() {
    return new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(undefined);
    });
  }
}

/** Runs one case; answers with plain data. */
async function runCase(name) {
  const task = suite[name];
  const { run, timeoutMs = CASE_MS } = typeof task === "function" ? { run: task } : task;
  const strays = uncaught.splice(0);
  const world = new World(name, portcullis, facts);
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => {
      const step = world.steps.length > 0 ? `, last step: ${world.steps.at(-1)}` : "";
      reject(new assert.Failed(`took more than ${timeoutMs} ms${step}`));
    }, timeoutMs);
  });
  const started = performance.now();
  let failure;
  try {
    await Promise.race([run(world), late]);
    await world.turn();
  } catch (error) {
    failure = error;
  }
  clearTimeout(timer);
  for (const cleanup of world.cleanups.reverse()) {
    try {
      await cleanup();
    } catch (error) {
      failure ??= error;
    }
  }
  await world.turn();
  const errors = uncaught.splice(0);
  if (strays.length > 0) failure ??= new assert.Failed(`left over from the case before: ${told(strays)}`);
  if (errors.length > 0) failure ??= new assert.Failed(`errors that nobody caught: ${told(errors)}`);
  return {
    ms: Math.round(performance.now() - started),
    error: failure && described(failure),
    note: world.note,
  };
}

function told(errors) {
  return errors
    .map(({ where, kind, message, stack }) => `${kind} in ${where}: ${message}\n${stack ?? ""}`)
    .join("\n");
}

/** WebKit's stacks lack the message, Chromium's have it. */
function described(error) {
  const head = `${error?.name ?? "Error"}${error?.code ? ` [${error.code}]` : ""}: ${error?.message ?? error}`;
  const from = error?.from ? ` (in ${error.from})` : "";
  const stack = String(error?.stack ?? "");
  return `${head}${from}\n${stack.startsWith(head) ? stack.slice(head.length + 1) : stack}`;
}

let lasting;
const suitePath = `./cases/${parameters.get("suite")}.js`;
let suite;
let portcullis;
let facts;

async function load(engineFacts) {
  facts = engineFacts;
  const module = await import(suitePath);
  if (module.needs !== "nothing") portcullis = await import(`/dist/${entry}.js`);
  suite = module.cases ?? (await module.list({ engine, entry, csp, facts, parameters, portcullis }));
  return Object.keys(suite);
}

/** The surface for the driver: names first, then one case after the other. */
window.results = {
  load: (engineFacts) =>
    load(engineFacts).then(
      (names) => ({ names }),
      (error) => ({ error: described(error) }),
    ),
  runCase,
};
window.dispatchEvent(new Event("results"));
