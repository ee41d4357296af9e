import { getPrototypeOf, isArray, isListed, keys } from "./intrinsics.js";
import { LIVE_ERROR, MISBEHAVIOUR_DEPTH, MISBEHAVIOUR_VALUE } from "./ops.js";
import type { Step } from "./path.js";
import { completeError, type ErrorRecord, isErrorRecord, reviveError } from "./thrown.js";
import { plainBytes } from "./values.js";

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
  const plain = plainBytes(values);
  // Mostly there is nothing to look into.
  if (plain >= 0 && plain <= room) return;
  const seen = new Set<unknown>();
  const look = (value: unknown, depth: number): void => {
    if (typeof value === "string") room -= value.length;
    else if (typeof value === "object" && value !== null && !seen.has(value)) {
      if (depth > limits.depth) throw new Misbehaviour(MISBEHAVIOUR_DEPTH);
      seen.add(value);
      if (value instanceof ArrayBuffer) room -= value.byteLength;
      else if (isView(value)) look(value.buffer, depth);
      else {
        const items = itemsOf(value);
        // A sparse array may say any length: only what it holds is looked at.
        if (items && items.length <= 100_000)
          for (let i = 0; i < items.length; i++) look(items[i], depth + 1);
        else if (items || getPrototypeOf(value) === Object.prototype) {
          for (const name of keys(value)) look((value as Record<string, unknown>)[name], depth + 1);
        }
      }
    }
    if (room < 0) throw new Misbehaviour(MISBEHAVIOUR_VALUE);
  };
  for (let i = 0; i < values.length; i++) look(values[i], 1);
}

/** What a list holds, in a row: the keys and values of a Map take turns. */
function itemsOf(holder: unknown): unknown[] | undefined {
  if (holder instanceof Map) return [...holder].flat();
  if (holder instanceof Set) return [...holder];
  return isArray(holder) ? holder : undefined;
}

/**
 * Puts counterparts into the places that the walk of the other side left for them.
 *
 * @param values the body's values
 * @param pairs kinds and ids in turns
 * @param paths one path for each pair, as the peer sent them
 * @param counterpart makes what stands for a live value; gets what stood in its place. Without it only errors may.
 */
export function revive(
  values: unknown[],
  pairs: ArrayLike<number>,
  paths: unknown,
  counterpart?: (kind: number, id: number, held: unknown, step: Step) => unknown,
): void {
  if (!isArray(paths) || 2 * paths.length !== pairs.length) throw new Misbehaviour(MISBEHAVIOUR_VALUE);
  const errors = new Map<ErrorRecord, Error>();
  // From the last to the first: what lies inside an error's record comes after the error itself.
  for (let i = paths.length; i--; ) {
    const path: unknown = paths[i];
    const kind = pairs[2 * i] as number;
    let holder: unknown;
    let held: unknown = values;
    let step: unknown;
    if (isArray(path)) {
      for (step of path) {
        holder = held;
        held = look(holder, step);
      }
    }
    if (!holder) throw new Misbehaviour(MISBEHAVIOUR_VALUE);
    let made: unknown;
    if (kind === LIVE_ERROR) {
      if (!isErrorRecord(held)) throw new Misbehaviour(MISBEHAVIOUR_VALUE);
      made = errors.get(held) ?? reviveError(held);
      errors.set(held, made as Error);
    } else made = counterpart?.(kind, pairs[2 * i + 1] as number, held, step as Step);
    put(holder, step as Step, made);
  }
  for (const [record, error] of errors) completeError(error, record[3]);
}

function look(holder: unknown, step: unknown): unknown {
  // Not `length` and the like: what is not listed is no place for a value.
  if (typeof holder === "object" && holder && (typeof step === "number" || typeof step === "string")) {
    const items = itemsOf(holder) ?? holder;
    if (isListed(items, step)) return (items as Record<Step, unknown>)[step];
  }
  throw new Misbehaviour(MISBEHAVIOUR_VALUE);
}

function put(holder: unknown, step: Step, value: unknown): void {
  const items = (itemsOf(holder) ?? holder) as Record<Step, unknown>;
  try {
    // The place is an own data property (structured clone makes no others), so this never reaches a setter.
    items[step] = value;
  } catch {
    // A typed array takes no such value, a list of files none at all.
    throw new Misbehaviour(MISBEHAVIOUR_VALUE);
  }
  if (items === holder) return;
  const list = items as unknown as unknown[];
  (holder as Map<unknown, unknown>).clear();
  if (holder instanceof Map) for (let i = 0; i < list.length; i += 2) holder.set(list[i], list[i + 1]);
  else for (const item of list) (holder as Set<unknown>).add(item);
}
