import { apply, classOf, clone, getPrototypeOf, isArray, keys } from "./intrinsics.js";
import { LIVE_ABORTED, LIVE_ERROR, LIVE_FUNCTION, LIVE_ITERABLE, LIVE_READABLE, LIVE_SIGNAL } from "./ops.js";
import { NotCloneable, type Step } from "./path.js";
import { errorRecord, isError } from "./thrown.js";

/** A value that cannot be copied and crosses as a counterpart. */
export interface Live {
  readonly kind: number;
  readonly value: unknown;
  readonly path: Step[];
}

/** How values are walked on one channel. */
export interface WalkRules {
  readonly depth: number;
  readonly stacks: boolean;
}

/** Lists given by `transfer(value, list)`, by value. */
export const marks = new WeakMap<object, readonly Transferable[]>();
let marked = false;

/** Remembers that `list` moves when `value` crosses. */
export function mark(value: object, list: readonly Transferable[]): void {
  marked = true;
  marks.set(value, list);
}

const ObjectPrototype = Object.prototype;
const { valueOf: dateValue } = Date.prototype;
const { forEach: mapEach } = Map.prototype;
const { forEach: setEach } = Set.prototype;
const BufferClass = ArrayBuffer;
const { isView } = ArrayBuffer;
const Bytes = Uint8Array;
const { asyncIterator } = Symbol;

/** Estimated size of a primitive, which needs no walk; -1 for anything else. */
export function plainSize(value: unknown): number {
  switch (typeof value) {
    case "string":
      return value.length;
    case "number":
    case "boolean":
    case "undefined":
      return 8;
    default:
      return value === null ? 8 : -1;
  }
}

/** Estimated size of values that are all primitive; -1 when one is not. */
export function plainBytes(values: readonly unknown[]): number {
  let bytes = 0;
  for (let i = 0; i < values.length; i++) {
    const size = plainSize(values[i]);
    if (size < 0) return -1;
    bytes += size;
  }
  return bytes;
}

/** Platform objects known to survive structured clone; all others are tried first. */
const CLONEABLE = /^(Blob|File|FileList|ImageBitmap|ImageData|RegExp|CryptoKey)$/;
/** What cannot be cloned but may move, and so moves by itself. */
const MOVES = /^(MessagePort|OffscreenCanvas)$/;
/** What structured clone may accept but another agent cannot take. */
const SHARED = /^(SharedArrayBuffer|WebAssembly\.(Module|Memory))$/;

/**
 * Copies values out of the caller's hands.
 *
 * What is plain (primitives, objects, arrays, maps, sets, dates, errors) is copied at once, so that a later
 * change does not cross. Live values are taken out and listed. All else is passed on to structured clone,
 * after a check that it will pass.
 */
export class Walk {
  /** The copies, in the order of the values given. */
  readonly values: unknown[] = [];
  /** Estimated size. */
  bytes = 0;
  /** Holds something only structured clone can copy: leaves at once, in a message of its own. */
  complex = false;
  readonly moves: Transferable[] = [];
  readonly lives: Live[] = [];
  /** Where the walk stands. */
  readonly #path: Step[] = [];
  readonly #rules: WalkRules;
  /** Copies by original, for shared and cyclic references; the first one needs no map. */
  #first: unknown;
  #firstCopy: unknown;
  #seen: Map<unknown, unknown> | undefined;
  /** Inside an error's properties: what cannot cross is left out instead of failing the call. */
  #lenient = 0;

  constructor(rules: WalkRules, transfer?: readonly Transferable[]) {
    this.#rules = rules;
    if (transfer) this.#move(transfer);
  }

  /** From here on what cannot cross is left out where it may be, and nothing but errors is live. */
  lenient(): void {
    this.#lenient++;
  }

  /** Adds one more value of the frame. */
  add(value: unknown): void {
    const { values } = this;
    this.#path[0] = values.length;
    try {
      values[values.length] = this.#copy(value, 1);
    } catch (error) {
      if (error instanceof NotCloneable) throw error;
      throw new NotCloneable(this.#path, "it threw while it was read", error);
    }
  }

  #copy(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case "string":
        this.bytes += value.length;
        return value;
      case "undefined":
      case "boolean":
      case "number":
        this.bytes += 8;
        return value;
      case "bigint":
        // Sixteen digits of base 16 are eight bytes; engines give no cheaper measure.
        this.bytes += 8 + value.toString(16).length / 2;
        return value;
      case "symbol":
        return this.refuse("a symbol means nothing on the other side", depth);
    }
    if (value === null) {
      this.bytes += 8;
      return value;
    }
    this.#path.length = depth;
    if (depth > this.#rules.depth)
      return this.refuse(`it is nested deeper than limits.depth (${this.#rules.depth})`, depth);
    if (typeof value === "function") return this.#function(value as () => unknown, depth);
    const seen = value === this.#first ? this.#firstCopy : this.#seen?.get(value);
    if (seen !== undefined) {
      // The record is shared; each place that holds the error says so for itself.
      if (isError(value)) this.#live(LIVE_ERROR, value, depth);
      return seen;
    }
    if (marked) {
      const list = marks.get(value as object);
      if (list) {
        marks.delete(value as object);
        this.#move(list);
      }
    }
    this.bytes += 16;
    if (isArray(value)) return this.#list(value, depth);
    const prototype = getPrototypeOf(value as object);
    if ((prototype === ObjectPrototype || prototype === null) && !(asyncIterator in (value as object))) {
      return this.#record(value as object, depth);
    }
    return this.#other(value as object, depth);
  }

  #remember(value: unknown, copy: unknown): void {
    if (this.#first === undefined) {
      this.#first = value;
      this.#firstCopy = copy;
    } else {
      this.#seen ??= new Map();
      this.#seen.set(value, copy);
    }
  }

  #function(value: () => unknown, depth: number): unknown {
    // A result with a `then` that works would be taken for a promise by the first `await`.
    if (this.#path[depth - 1] === "then")
      return this.refuse("a function named `then` would make its object a promise", depth);
    return this.#live(LIVE_FUNCTION, value, depth);
  }

  #record(value: object, depth: number): unknown {
    const copy: Record<string, unknown> = { ...value };
    this.#remember(value, copy);
    const names = keys(copy);
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string;
      this.bytes += name.length;
      this.#fill(copy, name, copy[name], depth);
    }
    return copy;
  }

  #list(value: unknown[], depth: number): unknown {
    const copy: unknown[] = [];
    this.#remember(value, copy);
    // Holes and named entries survive structured clone; a dense copy is what engines write fastest.
    const names = keys(value);
    if (
      names.length === value.length &&
      (!names.length || names[names.length - 1] === `${value.length - 1}`)
    ) {
      for (let i = 0; i < names.length; i++) this.#fill(copy, i, value[i], depth);
    } else {
      copy.length = value.length;
      for (let i = 0; i < names.length; i++) {
        const name = names[i] as string;
        this.#fill(copy as unknown as Record<string, unknown>, name, value[name as unknown as number], depth);
      }
    }
    return copy;
  }

  #fill(copy: Record<Step, unknown> | unknown[], step: Step, value: unknown, depth: number): void {
    if (typeof value === "string") {
      this.bytes += value.length;
      (copy as Record<Step, unknown>)[step] = value;
    } else {
      this.#path[depth] = step;
      (copy as Record<Step, unknown>)[step] = this.#copy(value, depth + 1);
    }
  }

  #other(value: object, depth: number): unknown {
    if (isView(value) || value instanceof BufferClass) return this.#buffer(value, depth);
    if (isError(value)) return this.#error(value, depth);
    const tag = classOf(value);
    if (this.moves.includes(value as Transferable)) return this.#whole(value, 64);
    if (tag === "Date") return new Date(apply(dateValue, value, []));
    if (tag === "Map") return this.#map(value as Map<unknown, unknown>, depth);
    if (tag === "Set") return this.#set(value as Set<unknown>, depth);
    if (tag === "AbortSignal") return this.#signal(value as AbortSignal, depth);
    if (tag === "ReadableStream") {
      if ((value as ReadableStream).locked) this.refuse("the stream is locked", depth);
      return this.#live(LIVE_READABLE, value, depth);
    }
    if (asyncIterator in value) return this.#live(LIVE_ITERABLE, value, depth);
    if (MOVES.test(tag)) {
      this.#move([value as Transferable]);
      return this.#whole(value, 64);
    }
    if (SHARED.test(tag)) this.refuse(`a ${tag} cannot leave its origin`, depth);
    if (tag === "ImageBitmap" && !(value as ImageBitmap).width) this.refuse("the bitmap is closed", depth);
    if (CLONEABLE.test(tag)) return this.#whole(value, 64);
    // Instances of the application's own classes arrive as plain objects, as in structured clone.
    if (tag === "Object") return this.#record(value, depth);
    try {
      clone(value);
    } catch (error) {
      this.refuse(
        tag === "Promise" ? "a promise cannot cross: await it first" : `a ${tag} cannot be cloned`,
        depth,
        error,
      );
    }
    return this.#whole(value, 64);
  }

  #buffer(value: ArrayBufferView | ArrayBuffer, depth: number): unknown {
    const buffer = isView(value) ? value.buffer : value;
    if (!(buffer instanceof BufferClass)) return this.refuse("shared memory cannot leave its origin", depth);
    try {
      new Bytes(buffer);
    } catch {
      this.refuse("the buffer is detached", depth);
    }
    if (buffer !== this.#first && !this.#seen?.has(buffer)) {
      this.#remember(buffer, buffer);
      this.bytes += buffer.byteLength;
    }
    return this.#whole(value, 16);
  }

  #whole(value: object, bytes: number): unknown {
    this.complex = true;
    this.bytes += bytes;
    this.#remember(value, value);
    return value;
  }

  #map(value: Map<unknown, unknown>, depth: number): unknown {
    const copy = new Map<unknown, unknown>();
    this.#remember(value, copy);
    let step = 0;
    apply(mapEach, value, [
      (item: unknown, key: unknown) => {
        this.#path[depth] = step++;
        const name = this.#distinct(key, depth + 1);
        this.#path[depth] = step++;
        copy.set(name, this.#copy(item, depth + 1));
      },
    ]);
    return copy;
  }

  #set(value: Set<unknown>, depth: number): unknown {
    const copy = new Set<unknown>();
    this.#remember(value, copy);
    let step = 0;
    apply(setEach, value, [
      (item: unknown) => {
        this.#path[depth] = step++;
        copy.add(this.#distinct(item, depth + 1));
      },
    ]);
    return copy;
  }

  /** Two live values in one Set must not fall together in one `null`. */
  #distinct(value: unknown, depth: number): unknown {
    return this.#copy(value, depth) ?? (value === null || value === undefined ? value : {});
  }

  #error(value: Error, depth: number): unknown {
    const props: Record<string, unknown> = {};
    const record = errorRecord(value, props, this.#rules.stacks);
    this.#live(LIVE_ERROR, value, depth);
    this.#remember(value, record);
    this.#path[depth] = 3;
    this.#lenient++;
    const bytes = this.bytes;
    for (const name of keys(props)) {
      const { length } = this.lives;
      this.#path[depth + 1] = name;
      try {
        props[name] = this.#copy(props[name], depth + 2);
      } catch {
        delete props[name];
        this.lives.length = length;
      }
    }
    this.#lenient--;
    this.bytes = bytes + record[2].length + 64 * keys(props).length;
    return record;
  }

  #signal(value: AbortSignal, depth: number): unknown {
    if (!value.aborted) return this.#live(LIVE_SIGNAL, value, depth);
    this.#live(LIVE_ABORTED, value, depth);
    return this.#copy(value.reason, depth);
  }

  #live(kind: number, value: unknown, depth: number): unknown {
    if (this.#lenient && kind !== LIVE_ERROR) this.refuse("", depth);
    if (kind >= LIVE_ITERABLE && kind !== LIVE_ABORTED && this.lives.some((live) => live.value === value)) {
      this.refuse("a stream can be read once and is listed twice", depth);
    }
    this.lives[this.lives.length] = { kind, value, path: this.#path.slice(0, depth) };
    return null;
  }

  #move(list: readonly Transferable[]): void {
    for (const item of list) {
      if (this.moves.includes(item)) throw new NotCloneable([], "a transferable is listed twice");
      if (item instanceof BufferClass) {
        try {
          new Bytes(item);
        } catch {
          throw new NotCloneable([], "a buffer in the transfer list is detached");
        }
      }
      this.moves[this.moves.length] = item;
      this.complex = true;
    }
  }

  /** Fails the walk where it stands. */
  refuse(why: string, depth: number, cause?: unknown): never {
    throw new NotCloneable(this.#path.slice(0, depth), why, cause);
  }
}
