import { getPrototypeOf, hasOwn, isArray, keys } from "./intrinsics.js";
import { LIVE_ERROR, MISBEHAVIOUR_DEPTH, MISBEHAVIOUR_VALUE } from "./ops.js";
import type { Step } from "./path.js";
import { completeError, type ErrorRecord, isErrorRecord, reviveError } from "./thrown.js";

const { isView } = ArrayBuffer;

/** The peer broke the protocol in a way that only this side of the border can see. */
export class Misbehaviour {
  readonly code: number;

  constructor(code: number) {
    this.code = code;
  }
}

/** Bounds on the bodies that a peer sends. */
export interface BodyLimits {
  readonly depth: number;
  readonly queuedBytes: number;
}

/**
 * Refuses a body that is nested deeper or is larger than the limits.
 *
 * Engines differ in what they deserialise; a handler must not. Shared references are looked at once.
 */
export function checkBody(values: readonly unknown[], limits: BodyLimits): void {
  let room = limits.queuedBytes;
  let seen: Set<object> | undefined;
  const take = (bytes: number): void => {
    room -= bytes;
    if (room < 0) throw new Misbehaviour(MISBEHAVIOUR_VALUE);
  };
  const look = (value: unknown, depth: number): void => {
    if (typeof value === "string") {
      take(value.length);
      return;
    }
    if (typeof value !== "object" || value === null) return;
    if (depth > limits.depth) throw new Misbehaviour(MISBEHAVIOUR_DEPTH);
    seen ??= new Set();
    if (seen.has(value)) return;
    seen.add(value);
    if (isArray(value)) {
      // A sparse array may say any length: only what it holds is looked at.
      if (value.length > 100_000)
        for (const name of keys(value)) look(value[name as unknown as number], depth + 1);
      else for (let i = 0; i < value.length; i++) look(value[i], depth + 1);
    } else if (value instanceof Map) {
      for (const [key, item] of value) {
        look(key, depth + 1);
        look(item, depth + 1);
      }
    } else if (value instanceof Set) {
      for (const item of value) look(item, depth + 1);
    } else if (isView(value)) look(value.buffer, depth);
    else if (value instanceof ArrayBuffer) take(value.byteLength);
    else if (getPrototypeOf(value) === Object.prototype) {
      for (const name of keys(value)) look((value as Record<string, unknown>)[name], depth + 1);
    }
  };
  for (let i = 0; i < values.length; i++) look(values[i], 1);
}

/**
 * Puts counterparts into the places that the walk of the other side left for them.
 *
 * @param values the body's values
 * @param pairs kinds and ids in turns
 * @param paths one path for each pair, as the peer sent them
 * @param counterpart makes what stands for a live value; gets what stood in its place
 */
export function revive(
  values: unknown[],
  pairs: ArrayLike<number>,
  paths: unknown,
  counterpart: (kind: number, id: number, held: unknown, step: Step) => unknown,
): void {
  const count = pairs.length / 2;
  if (!isArray(paths) || paths.length !== count) throw new Misbehaviour(MISBEHAVIOUR_VALUE);
  const errors = new Map<ErrorRecord, Error>();
  // From the last to the first: what lies inside an error's record comes after the error itself.
  for (let i = count - 1; i >= 0; i--) {
    const path: unknown = paths[i];
    const kind = pairs[2 * i] as number;
    if (!isArray(path) || path.length < 1) throw new Misbehaviour(MISBEHAVIOUR_VALUE);
    let holder: unknown = values;
    for (let depth = 0; depth < path.length - 1; depth++) holder = look(holder, path[depth]);
    const step = path[path.length - 1] as Step;
    const held = look(holder, step);
    let made: unknown;
    if (kind === LIVE_ERROR) {
      if (!isErrorRecord(held)) throw new Misbehaviour(MISBEHAVIOUR_VALUE);
      made = errors.get(held) ?? reviveError(held);
      errors.set(held, made as Error);
    } else {
      made = counterpart(kind, pairs[2 * i + 1] as number, held, step);
    }
    put(holder as object, step, made);
  }
  for (const [record, error] of errors) completeError(error, record[3]);
}

function look(holder: unknown, step: unknown): unknown {
  if (typeof holder === "object" && holder !== null) {
    if (typeof step === "number") {
      if (holder instanceof Map) {
        const entry = [...holder][step >> 1];
        if (entry) return entry[step & 1];
      } else if (holder instanceof Set) {
        if (step < holder.size) return [...holder][step];
      }
    }
    if ((typeof step === "number" || typeof step === "string") && hasOwn(holder, step)) {
      return (holder as Record<Step, unknown>)[step];
    }
  }
  throw new Misbehaviour(MISBEHAVIOUR_VALUE);
}

function put(holder: object, step: Step, value: unknown): void {
  if (holder instanceof Map) {
    const entries = [...holder];
    (entries[(step as number) >> 1] as unknown[])[(step as number) & 1] = value;
    holder.clear();
    for (const [key, item] of entries) holder.set(key, item);
  } else if (holder instanceof Set) {
    const items = [...holder];
    items[step as number] = value;
    holder.clear();
    for (const item of items) holder.add(item);
  } else {
    // The place is an own data property (structured clone makes no others), so this never reaches a setter.
    (holder as Record<Step, unknown>)[step] = value;
  }
}
