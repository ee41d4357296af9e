import { Misbehaviour, revive } from "./bodies.js";
import { isArray } from "./intrinsics.js";
import { LIVE_ERROR, MISBEHAVIOUR_VALUE } from "./ops.js";
import { type WalkRules, walk } from "./values.js";

/** Why something failed or ended, on the wire: a value and the paths of the errors in it. */
export type ReasonBody = readonly [value: unknown, paths: readonly unknown[]];

/** Takes a reason apart. What cannot cross is left out: a failure must not fail to be told. */
export function packReason(reason: unknown, rules: WalkRules): ReasonBody {
  try {
    const { values, paths } = walk([reason], rules, undefined, 1);
    return [values[0], paths];
  } catch {
    return [undefined, []];
  }
}

/** Puts a reason together again. */
export function unpackReason(body: unknown): unknown {
  if (!isArray(body) || body.length !== 2 || !isArray(body[1])) throw new Misbehaviour(MISBEHAVIOUR_VALUE);
  const [value, paths] = body;
  const values: unknown[] = [value];
  // All it may hold in place of values are errors.
  revive(
    values,
    paths.flatMap(() => [LIVE_ERROR, 0]),
    paths,
  );
  return values[0];
}
