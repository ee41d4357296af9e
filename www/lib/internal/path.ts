import { PortcullisError } from "../error.js";
import { LIVE_FUNCTION, LIVE_ITERABLE, LIVE_READABLE } from "./ops.js";

/** Why a live value of this kind stays here. */
export function takesNo(kind: number): string {
  const what =
    kind === LIVE_FUNCTION
      ? "functions"
      : kind === LIVE_ITERABLE || kind === LIVE_READABLE
        ? "streams"
        : "signals";
  return `the receiver takes no ${what}`;
}

/** A step from a container to what it holds: a key, an index, or the place in a Map or Set. */
export type Step = string | number;

/** A value that cannot cross, before it is known in which call. */
export class NotCloneable {
  readonly path: readonly Step[];
  readonly why: string;
  readonly cause: unknown;

  constructor(path: readonly Step[], why: string, cause?: unknown) {
    this.path = path;
    this.why = why;
    this.cause = cause;
  }

  /** The error for the application. `root` names what was walked: `args`, `result`, `payload`, `item`. */
  toError(root: string, to: string): PortcullisError {
    const path = this.path.length ? pathText(root, this.path) : "transfer";
    return new PortcullisError("call/not-cloneable", `${path} of ${to} cannot cross: ${this.why}`, {
      path,
      executed: "no",
      ...(this.cause === undefined ? {} : { cause: this.cause }),
    });
  }
}

/** `args[0].user["a b"]`; for a body of one value the first step is left out. */
function pathText(root: string, path: readonly Step[]): string {
  let text = root === "args" ? `args[${path[0]}]` : root;
  for (const step of path.slice(1)) {
    text +=
      typeof step === "number"
        ? `[${step}]`
        : /^[A-Za-z_$][\w$]*$/.test(step)
          ? `.${step}`
          : `[${JSON.stringify(step)}]`;
  }
  return text;
}
