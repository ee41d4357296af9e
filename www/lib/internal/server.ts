import { PortcullisError } from "../error.js";
import type { CallContext, Channel } from "../types.js";
import { SLOT } from "./calls.js";
import type { Driver } from "./driver.js";
import { apply, hasOwn, keys } from "./intrinsics.js";
import { FAIL_DENIED, FAIL_INVALID, FAIL_METHOD_NOT_FOUND, FAIL_NOT_CLONEABLE, FAIL_THREW } from "./ops.js";
import { NotCloneable } from "./path.js";
import { packReason } from "./reason.js";
import { check, schemasOf } from "./schema.js";
import { plainSize, Walk } from "./values.js";

type Handler = (this: CallContext, ...args: unknown[]) => unknown;

/** Names that are never remote methods, own property or not. */
const NEVER = (name: string): boolean => name === "then" || hasOwn(Object.prototype, name);
/** How the names of the package's own methods begin; applications' methods are never looked up under it. */
export const OWN = "portcullis:";
/** Calls of such methods that may wait for somebody who wants them. */
const PARKED = 16;
/** How deep offered objects may nest; stops at cycles. */
const NESTING = 16;

/** What a handler sees as `this`. Its signal is made when somebody asks for it. */
class Context implements CallContext {
  /** The call's id, or -1 for a notification. */
  readonly #id: number;
  readonly #driver: Driver;
  #controller: AbortController | undefined;
  /** The caller waits no longer. */
  #over: { readonly reason: unknown } | undefined;

  constructor(driver: Driver, id: number) {
    this.#driver = driver;
    this.#id = id;
  }

  get origin(): string {
    return this.#driver.origin;
  }

  get channel(): Channel {
    return this.#driver.channel;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#over) this.#controller.abort(this.#over.reason);
    }
    return this.#controller.signal;
  }

  static idOf(context: Context): number {
    return context.#id;
  }

  static isOver(context: Context): boolean {
    return context.#over !== undefined;
  }

  static end(context: Context, reason: unknown): void {
    context.#over ??= { reason };
    context.#controller?.abort(reason);
  }
}

/** Runs what the peer calls. */
export class Server {
  readonly #driver: Driver;
  #table = new Map<string, Handler>();
  /** Handlers by the peer's ids of their names. */
  #byId: (Handler | undefined)[] = [];
  readonly #names: string[] = [];
  /** Calls whose handlers are not done, by slot. */
  readonly #running: (Context | undefined)[] = [];
  /** Settles when the last call that waits for a check has started; later ones start after it. */
  #tail: Promise<void> | undefined;
  /** Handlers of the package itself, under names no application can take. */
  readonly #reserved = new Map<string, Handler>();
  /** Calls that wait for such a handler. */
  readonly #parked: (() => void)[] = [];

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  handle(methods: object): void {
    const table = new Map<string, Handler>();
    const offer = (from: object, prefix: string, depth: number): void => {
      for (const key of keys(from)) {
        const value = (from as Record<string, unknown>)[key];
        if (NEVER(key)) continue;
        if (typeof value === "function") table.set(prefix + key, value as Handler);
        else if (typeof value === "object" && value !== null && depth < NESTING) {
          offer(value, `${prefix + key}.`, depth + 1);
        }
      }
    };
    offer(methods, "", 1);
    this.#table = table;
    this.#byId = [];
    for (const id of keys(this.#names)) this.#resolve(Number(id));
  }

  #resolve(id: number): void {
    const name = this.#names[id] as string;
    this.#byId[id] = name.startsWith(OWN) ? this.#reserved.get(name) : this.#table.get(name);
  }

  /** The peer gives `name` the number `id`. */
  named(id: number, name: string): void {
    this.#names[id] = name;
    this.#resolve(id);
  }

  /** The name the peer means by `id`. */
  nameOf(id: number): string {
    return this.#names[id] ?? "";
  }

  /** Offers something of the package itself under a name that begins with {@link OWN}. */
  reserve(name: string, handler: Handler): void {
    this.#reserved.set(name, handler);
    for (const id of keys(this.#names)) this.#resolve(Number(id));
    for (const start of this.#parked.splice(0)) start();
  }

  /** Runs `task` when the calls before it have started. */
  inOrder(task: () => void): void {
    if (!this.#tail) {
      task();
      return;
    }
    this.#follow(this.#tail.then(task));
  }

  #follow(step: Promise<void>): void {
    const tail = step.then(() => {
      if (this.#tail === tail) this.#tail = undefined;
    });
    this.#tail = tail;
  }

  /** A call (or with id -1 a notification) of a method, or of a function lent to the peer. */
  invoke(id: number, target: number, isExport: boolean, args: unknown[]): void {
    const driver = this.#driver;
    const context = new Context(driver, id);
    const handler = isExport ? driver.lives.lent(target) : this.#byId[target];
    if (!handler) {
      this.#park(id, target, isExport, args);
      return;
    }
    if (isExport) {
      this.inOrder(() => this.#run(context, handler, args));
      return;
    }
    const { settings } = driver;
    const method = this.nameOf(target);
    const schema = schemasOf(settings, method)?.args;
    const { authorize } = settings.options;
    if (!this.#tail && !schema && !authorize) {
      this.#run(context, handler, args);
      return;
    }
    this.#keep(context);
    const admission = method.startsWith(OWN) ? Promise.resolve(args) : this.#admit(method, args);
    this.#follow(this.#startLater(this.#tail, admission, context, handler));
  }

  /** Holds a call of the package's own until somebody here wants it; any other is of no method. */
  #park(id: number, target: number, isExport: boolean, args: unknown[]): void {
    const own = !isExport && this.nameOf(target).startsWith(OWN);
    if (own && this.#parked.length < PARKED) {
      this.#parked[this.#parked.length] = () => this.invoke(id, target, false, args);
    } else this.#fail(id, FAIL_METHOD_NOT_FOUND);
  }

  /** The arguments as they may be passed, or the code of a refusal and why. */
  async #admit(method: string, args: unknown[]): Promise<unknown[] | readonly [number, string]> {
    const { settings, origin } = this.#driver;
    const { authorize } = settings.options;
    if (authorize) {
      let allowed: unknown = false;
      try {
        allowed = await authorize({ method, origin });
      } catch {
        // As good as a no; the application's own trouble is not the peer's business.
      }
      if (allowed !== true) throw new Refusal(FAIL_DENIED);
    }
    const schema = schemasOf(settings, method)?.args;
    if (!schema) return args;
    let checked: unknown;
    try {
      checked = await check(schema, args);
    } catch (error) {
      throw new Refusal(FAIL_INVALID, (error as Error).message);
    }
    return Array.isArray(checked) ? checked : args;
  }

  async #startLater(
    before: Promise<void> | undefined,
    admission: Promise<unknown>,
    context: Context,
    handler: Handler,
  ): Promise<void> {
    // Admissions run side by side, but calls start in the order in which they were made.
    admission.catch(() => undefined);
    await before;
    try {
      const args = (await admission) as unknown[];
      if (Context.isOver(context)) this.#reply(context, undefined);
      else this.#run(context, handler, args);
    } catch (error) {
      const { code, text } = error as Refusal;
      this.#fail(Context.idOf(context), code, text === undefined ? undefined : [text, []]);
      this.#done(context);
    }
  }

  #run(context: Context, handler: Handler, args: unknown[]): void {
    let result: unknown;
    try {
      result = apply(handler, context, args);
      if ((typeof result === "object" || typeof result === "function") && result !== null) {
        if (typeof (result as PromiseLike<unknown>).then === "function") {
          this.#keep(context);
          void this.#finish(context, result as PromiseLike<unknown>);
          return;
        }
      }
    } catch (error) {
      this.#threw(context, error);
      return;
    }
    this.#reply(context, result);
  }

  async #finish(context: Context, result: PromiseLike<unknown>): Promise<void> {
    try {
      this.#reply(context, await result);
    } catch (error) {
      this.#threw(context, error);
    }
  }

  #keep(context: Context): void {
    const id = Context.idOf(context);
    if (id >= 0) this.#running[id & SLOT] = context;
  }

  #done(context: Context): void {
    const slot = Context.idOf(context) & SLOT;
    if (this.#running[slot] === context) this.#running[slot] = undefined;
  }

  #reply(context: Context, value: unknown): void {
    const driver = this.#driver;
    const id = Context.idOf(context);
    this.#done(context);
    if (id < 0 || driver.over) return;
    const { raw } = driver;
    if (value === undefined) {
      raw.reply(driver.now(), id, 0, 0, 0);
      driver.schedule();
      return;
    }
    const plain = plainSize(value);
    if (plain >= 0) {
      if (raw.reply(driver.now(), id, 1, 0, plain) >= 0) driver.push([value]);
      driver.schedule();
      return;
    }
    const walk = new Walk(driver.settings);
    try {
      walk.add(value);
    } catch (error) {
      if (!(error instanceof NotCloneable)) throw error;
      const { path = "result", message } = error.toError("result", "the call");
      this.#fail(id, FAIL_NOT_CLONEABLE, [[path, error.why || message], []]);
      return;
    }
    try {
      driver.carry(walk, (lives) => raw.reply(driver.now(), id, 1, lives, walk.bytes), "");
    } catch {
      // Nobody waits for the answer any more; what it would have lent is given back by the core.
    }
  }

  #threw(context: Context, error: unknown): void {
    const id = Context.idOf(context);
    this.#done(context);
    if (id < 0) this.#driver.report.refused("dropped", `a notified handler threw: ${String(error)}`);
    else this.#fail(id, FAIL_THREW, packReason(error, this.#driver.settings));
  }

  #fail(id: number, code: number, body?: unknown): void {
    const driver = this.#driver;
    if (id < 0 || driver.over) return;
    if (driver.raw.fail(driver.now(), id, code, body === undefined ? 0 : 1, 256) >= 0 && body !== undefined) {
      driver.push([body]);
    }
    driver.schedule();
  }

  /** The caller of `id` waits no longer. */
  cancelled(id: number, reason: unknown): void {
    const context = this.#running[id & SLOT];
    if (context && Context.idOf(context) === id) Context.end(context, reason);
  }

  /** Nobody waits for anything any more. */
  end(): void {
    const reason = new PortcullisError("call/peer-gone", "the caller is gone");
    for (const context of this.#running) if (context) Context.end(context, reason);
    this.#running.length = 0;
  }
}

/** Why a call was not let in. */
class Refusal {
  readonly code: number;
  readonly text: string | undefined;

  constructor(code: number, text?: string) {
    this.code = code;
    this.text = text;
  }
}
