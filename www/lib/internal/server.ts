import { PortcullisError } from "../error.js";
import type { CallContext, Channel } from "../types.js";
import { SLOT } from "./calls.js";
import type { Driver } from "./driver.js";
import { failure } from "./failures.js";
import { apply, hasOwn, isArray, keys } from "./intrinsics.js";
import { FAIL_DENIED, FAIL_INVALID, FAIL_METHOD_NOT_FOUND, FAIL_NOT_CLONEABLE, FAIL_THREW } from "./ops.js";
import { NotCloneable } from "./path.js";
import { packReason } from "./reason.js";
import { check, schemasOf } from "./schema.js";
import { textOf } from "./thrown.js";

type Handler = (this: CallContext, ...args: unknown[]) => unknown;

/** Names that are never remote methods, own property or not. */
const NEVER = (name: string): boolean => name === "then" || hasOwn(Object.prototype, name);
/** How the names of the package's own methods begin; applications' methods are never looked up under it. */
export const OWN = "portcullis:";
/** Calls of such methods that may wait for somebody who wants them. */
const PARKED = 16;
/** How deep offered objects may nest; stops at cycles. */
const NESTING = 16;

/** A call that runs here. */
interface Running {
  /** Its id, or -1 for a notification. */
  readonly id: number;
  readonly driver: Driver;
  /** Of the handler's signal, if it asked for that. */
  controller?: AbortController;
  /** The caller waits no longer. */
  over?: { readonly reason: unknown };
}

/** What a handler sees as `this`. Its signal is made when somebody asks for it. */
class Context implements CallContext {
  readonly #call: Running;

  constructor(call: Running) {
    this.#call = call;
  }

  get origin(): string {
    return this.#call.driver.origin;
  }

  get channel(): Channel {
    return this.#call.driver.channel;
  }

  get signal(): AbortSignal {
    const call = this.#call;
    if (!call.controller) {
      call.controller = new AbortController();
      if (call.over) call.controller.abort(call.over.reason);
    }
    return call.controller.signal;
  }
}

/** The arguments as they may be passed, or the code of a refusal and why. */
interface Admission {
  readonly args?: unknown[];
  readonly code?: number;
  readonly why?: string;
}

/** Runs what the peer calls. */
export interface Server {
  handle(methods: object): void;
  /** The peer gives `name` the number `id`. */
  named(id: number, name: string): void;
  /** The name the peer means by `id`. */
  nameOf(id: number): string;
  /** Offers something of the package itself under a name that begins with {@link OWN}. */
  reserve(name: string, handler: Handler): void;
  /** Runs `task` when the calls before it have started. */
  inOrder(task: () => void): void;
  /** A call (or with id -1 a notification) of a method, or of a function lent to the peer. */
  invoke(id: number, target: number, isExport: number, args: unknown[]): void;
  /** The caller of `id` waits no longer. */
  cancelled(id: number, reason: unknown): void;
  /** Nobody waits for anything any more. */
  end(): void;
}

/** The server of a channel, which is made when the peer first says a name or something is offered to it. */
export function serverIn(driver: Driver): Server {
  driver.server ??= serverOf(driver);
  return driver.server;
}

function serverOf(driver: Driver): Server {
  const { raw, settings, now, over, outbox } = driver;
  const { authorize, methods: offered } = settings.options;
  const names: string[] = [];
  /** Handlers of the application, and of the package itself under names no application can take. */
  let table: Map<string, Handler> | undefined;
  let reserved: Map<string, Handler> | undefined;
  /** Handlers by the peer's ids of their names. */
  let byId: (Handler | undefined)[] = [];
  /** Calls that wait for a reserved handler. */
  const parked: (() => void)[] = [];
  /** Calls whose handlers are not done, by slot. */
  const running: (Running | undefined)[] = [];
  /** Notifications whose handlers are not done; those of a flood go on without hearing of the peer's end. */
  let notified: Set<Running> | undefined;
  /** Settles when the last call that waits for a check has started; later ones start after it. */
  let tail: Promise<void> | undefined;

  const isOwn = (name: string): boolean => name.startsWith(OWN);

  const handlerOf = (name: string): Handler | undefined => (isOwn(name) ? reserved : table)?.get(name);

  const resolveAll = (): void => {
    byId = names.map(handlerOf);
  };

  const handle = (methods: object): void => {
    const made = new Map<string, Handler>();
    const offer = (from: object, prefix: string, depth: number): void => {
      for (const key of keys(from)) {
        const value = (from as Record<string, unknown>)[key];
        if (NEVER(key)) continue;
        if (typeof value === "function") made.set(prefix + key, value as Handler);
        else if (typeof value === "object" && value && depth < NESTING) {
          offer(value, `${prefix + key}.`, depth + 1);
        }
      }
    };
    offer(methods, "", 1);
    table = made;
    resolveAll();
  };

  const follow = (step: Promise<void>): void => {
    const last = step.then(() => {
      if (tail === last) tail = undefined;
    });
    tail = last;
  };

  const inOrder = (task: () => void): void => {
    if (tail) follow(tail.then(task));
    else task();
  };

  const admit = async (method: string, args: unknown[]): Promise<Admission> => {
    if (isOwn(method)) return { args };
    if (authorize) {
      let allowed: unknown;
      try {
        allowed = await authorize({ method, origin: driver.origin });
      } catch {
        // As good as a no; the application's own trouble is not the peer's business.
      }
      if (allowed !== true) return { code: FAIL_DENIED };
    }
    const schema = schemasOf(settings, method)?.args;
    if (!schema) return { args };
    try {
      const checked = await check(schema, args);
      return { args: isArray(checked) ? checked : args };
    } catch (error) {
      return { code: FAIL_INVALID, why: (error as Error).message };
    }
  };

  const startLater = async (
    before: Promise<void> | undefined,
    admission: Promise<Admission>,
    method: string,
    call: Running,
    handler: Handler,
  ): Promise<void> => {
    // Admissions run side by side, but calls start in the order in which they were made.
    await before;
    const { args, code = 0, why } = await admission;
    if (!args) {
      done(call);
      refuse(call.id, method, code, why);
    } else if (call.over && call.id >= 0) reply(call, undefined);
    else run(call, handler, args);
  };

  const invoke = (id: number, target: number, isExport: number, args: unknown[]): void => {
    const handler = isExport ? driver.lives?.lent(target) : byId[target];
    const method = isExport ? "a function" : nameOf(target);
    if (!handler) {
      // A call of the package's own is held until somebody here wants it.
      if (isOwn(method) && parked.length < PARKED) parked[parked.length] = () => invoke(id, target, 0, args);
      else if (id < 0) refuse(id, method, FAIL_METHOD_NOT_FOUND);
      else fail(id, FAIL_METHOD_NOT_FOUND);
      return;
    }
    const call: Running = { id, driver };
    if (isExport) inOrder(() => run(call, handler, args));
    else if (tail || authorize || schemasOf(settings, method)?.args) {
      keep(call);
      follow(startLater(tail, admit(method, args), method, call, handler));
    } else run(call, handler, args);
  };

  const run = (call: Running, handler: Handler, args: unknown[]): void => {
    try {
      const result = apply(handler, new Context(call), args);
      if (
        (typeof result === "object" || typeof result === "function") &&
        typeof (result as PromiseLike<unknown> | null)?.then === "function"
      ) {
        keep(call);
        void finish(call, result as PromiseLike<unknown>);
        return;
      }
      reply(call, result);
    } catch (error) {
      threw(call, error);
    }
  };

  const finish = async (call: Running, result: PromiseLike<unknown>): Promise<void> => {
    try {
      reply(call, await result);
    } catch (error) {
      threw(call, error);
    }
  };

  const keep = (call: Running): void => {
    if (call.id >= 0) running[call.id & SLOT] = call;
    else {
      notified ??= new Set();
      if (notified.size < settings.limits.pendingCalls) notified.add(call);
    }
  };

  const done = (call: Running): void => {
    notified?.delete(call);
    const slot = call.id & SLOT;
    if (running[slot] === call) running[slot] = undefined;
  };

  const reply = (call: Running, value: unknown): void => {
    const { id } = call;
    done(call);
    if (id < 0 || over()) return;
    try {
      outbox.send("the call", value === undefined ? [] : [value], (values, live, bytes) =>
        raw.reply(now(), id, values.length, live, bytes),
      );
    } catch (error) {
      const why = error instanceof NotCloneable ? error.toError("result", "the call") : error;
      const { path = "result", message } = why as PortcullisError;
      // Nobody hears this where nobody waits for the answer any more.
      fail(id, FAIL_NOT_CLONEABLE, [path, (error as Partial<NotCloneable>).why || message]);
    }
  };

  const threw = (call: Running, error: unknown): void => {
    done(call);
    if (call.id < 0) driver.report.refused("dropped", `a notified handler threw: ${textOf(error)}`);
    else fail(call.id, FAIL_THREW, error);
  };

  /** Fails what may not run, and says so to this side: of a notification nobody else hears. */
  const refuse = (id: number, method: string, code: number, why?: string): void => {
    driver.report.refused("refused", failure(code, 0, why, `"${method}" of this page`).message);
    fail(id, code, why);
  };

  const fail = (id: number, code: number, reason?: unknown): void => {
    if (id < 0 || over()) return;
    if (reason === undefined) outbox.tell(raw.fail(now(), id, code, 0, 0));
    else outbox.tell(raw.fail(now(), id, code, 1, 256), packReason(reason, settings));
  };

  const end = (call: Running | undefined, reason: unknown): void => {
    if (!call || call.over) return;
    call.over = { reason };
    call.controller?.abort(reason);
  };

  const nameOf = (id: number): string => names[id] ?? "";

  if (offered) handle(offered);
  return {
    handle,
    nameOf,
    inOrder,
    invoke,
    named(id, name) {
      names[id] = name;
      byId[id] = handlerOf(name);
    },
    reserve(name, handler) {
      reserved ??= new Map();
      reserved.set(name, handler);
      resolveAll();
      for (const start of parked.splice(0)) start();
    },
    cancelled(id, reason) {
      const call = running[id & SLOT];
      if (call?.id === id) end(call, reason);
    },
    end() {
      const reason = new PortcullisError("call/peer-gone", "the caller is gone");
      for (const call of [...running.splice(0), ...(notified ?? [])]) end(call, reason);
      notified?.clear();
    },
  };
}
