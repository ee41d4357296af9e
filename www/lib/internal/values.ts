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
const EACH = { Map: Map.prototype.forEach, Set: Set.prototype.forEach };
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

/** Values out of the caller's hands, ready to leave. */
export interface Walked {
  /** The copies, in the order of the values given. */
  readonly values: unknown[];
  /** Estimated size. */
  readonly bytes: number;
  /** Holds something only structured clone can copy: leaves at once, in a message of its own. */
  readonly complex: boolean;
  readonly moves: Transferable[];
  readonly lives: readonly Live[];
  /** Where in `values` the live ones stood. */
  readonly paths: readonly (readonly Step[])[];
}

/**
 * Copies values out of the caller's hands.
 *
 * What is plain (primitives, objects, arrays, maps, sets, dates, errors) is copied at once, so that a later
 * change does not cross. Live values are taken out and listed. All else is passed on to structured clone,
 * after a check that it will pass. `lenient` above 0: nothing but errors is live, and what cannot cross is left
 * out where it may be, instead of failing all.
 */
export function walk(
  given: readonly unknown[],
  rules: WalkRules,
  transfer?: readonly Transferable[],
  lenient = 0,
): Walked {
  /** Where the walk stands. */
  const path: Step[] = [];
  /** Copies by original, for shared and cyclic references. */
  const seen = new Map<unknown, unknown>();
  const moves: Transferable[] = [];
  const lives: Live[] = [];
  let bytes = 0;
  let complex = false;

  let refused: NotCloneable | undefined;
  /** Fails the walk where it stands. */
  const refuse = (why: string, depth: number, cause?: unknown): never => {
    refused = new NotCloneable(path.slice(0, depth), why, cause);
    throw refused;
  };

  const copy = (value: unknown, depth: number): unknown => {
    const size = plainSize(value);
    if (size >= 0) {
      bytes += size;
      return value;
    }
    if (typeof value === "bigint") {
      // Sixteen digits of base 16 are eight bytes; engines give no cheaper measure.
      bytes += 8 + value.toString(16).length / 2;
      return value;
    }
    if (typeof value === "symbol") refuse("a symbol means nothing on the other side", depth);
    if (depth > rules.depth) refuse(`it is nested deeper than limits.depth (${rules.depth})`, depth);
    if (typeof value === "function") {
      // A result with a `then` that works would be taken for a promise by the first `await`.
      if (path[depth - 1] === "then")
        refuse("a function named `then` would make its object a promise", depth);
      return live(LIVE_FUNCTION, value, depth);
    }
    path.length = depth;
    const known = seen.get(value);
    if (known) {
      // The record is shared; each place that holds the error says so for itself.
      if (isError(value)) live(LIVE_ERROR, value, depth);
      return known;
    }
    if (marked) {
      const list = marks.get(value as object);
      if (list) {
        marks.delete(value as object);
        move(list);
      }
    }
    bytes += 16;
    return reference(value as object, depth);
  };

  const reference = (value: object, depth: number): unknown => {
    if (isArray(value)) return fill(value, [], depth);
    const prototype = getPrototypeOf(value);
    if ((prototype === ObjectPrototype || prototype === null) && !(asyncIterator in value)) {
      return fill(value, { ...value }, depth);
    }
    if (isView(value) || value instanceof BufferClass) {
      const buffer = isView(value) ? value.buffer : value;
      if (!(buffer instanceof BufferClass)) return refuse("shared memory cannot leave its origin", depth);
      if (isDetached(buffer)) refuse("the buffer is detached", depth);
      if (!seen.has(buffer)) bytes += buffer.byteLength;
      seen.set(buffer, buffer);
      return whole(value, 16);
    }
    if (isError(value)) return error(value, depth);
    const tag = classOf(value);
    if (moves.includes(value as Transferable)) return whole(value);
    if (tag === "Date") return new Date(apply(dateValue, value, []));
    if (tag === "Map" || tag === "Set") {
      const made = tag === "Map" ? new Map() : undefined;
      const items = made ?? new Set();
      let step = 0;
      const next = (item: unknown): unknown => {
        path[depth] = step++;
        return copy(item, depth + 1);
      };
      // Two live keys must not fall together in one `null`.
      const distinct = (item: unknown): unknown =>
        next(item) ?? (item === null || item === undefined ? item : {});
      seen.set(value, items);
      apply(EACH[tag], value, [
        (item: unknown, key: unknown) => {
          const name = distinct(key);
          if (made) made.set(name, next(item));
          else (items as Set<unknown>).add(name);
        },
      ]);
      return items;
    }
    if (tag === "AbortSignal") {
      const { aborted, reason } = value as AbortSignal;
      live(aborted ? LIVE_ABORTED : LIVE_SIGNAL, value, depth);
      return aborted ? copy(reason, depth) : null;
    }
    if (tag === "ReadableStream") {
      if ((value as ReadableStream).locked) refuse("the stream is locked", depth);
      return live(LIVE_READABLE, value, depth);
    }
    if (asyncIterator in value) return live(LIVE_ITERABLE, value, depth);
    if (MOVES.test(tag)) {
      move([value as Transferable]);
      return whole(value);
    }
    if (SHARED.test(tag)) refuse(`a ${tag} cannot leave its origin`, depth);
    if (tag === "ImageBitmap" && !(value as ImageBitmap).width) refuse("the bitmap is closed", depth);
    // Instances of the application's own classes arrive as plain objects, as in structured clone.
    if (tag === "Object") return fill(value, { ...value }, depth);
    if (!CLONEABLE.test(tag)) {
      try {
        clone(value);
      } catch (error) {
        refuse(
          tag === "Promise" ? "a promise cannot cross: await it first" : `a ${tag} cannot be cloned`,
          depth,
          error,
        );
      }
    }
    return whole(value);
  };

  /** Copies the items of an array or record. Records come as a first copy, whose getters have run. */
  const fill = (from: object, to: object, depth: number): unknown => {
    seen.set(from, to);
    const list = isArray(from);
    const source = (list ? from : to) as Record<Step, unknown>;
    const target = to as Record<Step, unknown>;
    const names = keys(source);
    const { length } = names;
    // Holes and named entries survive structured clone; a dense copy is what engines write fastest.
    const dense = list && length === from.length && (!length || names[length - 1] === `${length - 1}`);
    if (list && !dense) (to as unknown[]).length = from.length;
    for (let i = 0; i < length; i++) {
      const name = names[i] as string;
      const step = dense ? i : name;
      if (!list) bytes += name.length;
      path[depth] = step;
      target[step] = copy(source[step], depth + 1);
    }
    return to;
  };

  /** What structured clone takes as it is. */
  const whole = (value: object, size = 64): unknown => {
    complex = true;
    bytes += size;
    seen.set(value, value);
    return value;
  };

  const error = (value: Error, depth: number): unknown => {
    const props: Record<string, unknown> = {};
    const record = errorRecord(value, props, rules.stacks);
    live(LIVE_ERROR, value, depth);
    seen.set(value, record);
    bytes += record[1].length + record[2].length;
    if (depth === rules.depth) {
      // What it carries would lie deeper than the other side takes.
      record[3] = null;
      return record;
    }
    path[depth] = 3;
    lenient++;
    for (const name of keys(props)) {
      const before = [bytes, seen.size, lives.length, moves.length] as const;
      path[depth + 1] = name;
      try {
        props[name] = copy(props[name], depth + 2);
        bytes += name.length;
      } catch {
        delete props[name];
        // As if it had never been looked at: something else may hold all of what was copied by half.
        [bytes, , lives.length, moves.length] = before;
        for (const half of [...seen.keys()].slice(before[1])) seen.delete(half);
      }
    }
    lenient--;
    return record;
  };

  const live = (kind: number, value: unknown, depth: number): unknown => {
    if (lenient && kind !== LIVE_ERROR) refuse("", depth);
    if (kind >= LIVE_ITERABLE && kind !== LIVE_ABORTED && lives.some((other) => other.value === value)) {
      refuse("a stream can be read once and is listed twice", depth);
    }
    lives[lives.length] = { kind, value, path: path.slice(0, depth) };
    return null;
  };

  const move = (list: readonly Transferable[]): void => {
    for (const item of list) {
      if (moves.includes(item)) refuse("a transferable is listed twice", 0);
      if (item instanceof BufferClass && isDetached(item))
        refuse("a buffer in the transfer list is detached", 0);
      moves[moves.length] = item;
      complex = true;
    }
  };

  if (transfer) move(transfer);
  const values: unknown[] = [];
  for (let i = 0; i < given.length; i++) {
    path[0] = i;
    try {
      values[i] = copy(given[i], 1);
    } catch (error) {
      // What a getter throws may throw again at `instanceof`.
      if (error === refused) throw error;
      refuse("it threw while it was read", path.length, error);
    }
  }
  return { values, bytes, complex, moves, lives, paths: lives.map(({ path }) => path) };
}

/** Engines without `detached` tell by a view. */
function isDetached(buffer: ArrayBuffer): boolean {
  try {
    new Bytes(buffer);
    return false;
  } catch {
    return true;
  }
}
