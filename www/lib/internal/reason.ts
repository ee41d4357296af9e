import { Misbehaviour, revive } from "./bodies.js";
import { isArray } from "./intrinsics.js";
import { LIVE_ERROR, MISBEHAVIOUR_VALUE } from "./ops.js";
import { Walk, type WalkRules } from "./values.js";

/** Why something failed or ended, on the wire: a value and the paths of the errors in it. */
export type ReasonBody = readonly [value: unknown, paths: readonly unknown[]];

/** Takes a reason apart. What cannot cross is left out: a failure must not fail to be told. */
export function packReason(reason: unknown, rules: WalkRules): ReasonBody {
  const walk = new Walk(rules);
  walk.lenient();
  try {
    walk.add(reason);
  } catch {
    return [undefined, []];
  }
  return [walk.values[0], walk.lives.map(({ path }) => path)];
}

/** Puts a reason together again. */
export function unpackReason(body: unknown): unknown {
  if (!isArray(body) || body.length !== 2 || !isArray(body[1])) throw new Misbehaviour(MISBEHAVIOUR_VALUE);
  const values: unknown[] = [body[0]];
  const pairs = body[1].flatMap(() => [LIVE_ERROR, 0]);
  if (pairs.length) {
    revive(values, pairs, body[1], () => {
      throw new Misbehaviour(MISBEHAVIOUR_VALUE);
    });
  }
  return values[0];
}
