import { PortcullisError } from "../error.js";
import { classOf, defineProperty, hasOwn, isArray, keys } from "./intrinsics.js";

/** An error on the wire: its built-in class, its name, its message, and what else it carries. */
export type ErrorRecord = [
  kind: string,
  name: string,
  message: string,
  props: Record<string, unknown> | null,
];

/** The classes an error may have on the other side; anything else arrives as `Error` with its name kept. */
const CLASSES = Object.assign(Object.create(null) as Record<string, unknown>, {
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  AggregateError,
});

/** Whether `value` is an error, of this realm or another. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || /^(Error|DOMException)$/.test(classOf(value));
}

/**
 * Takes an error apart. What it carries beside its name and message is put into `props` as it is;
 * the stack only when the application said so.
 */
export function errorRecord(error: Error, props: Record<string, unknown>, stacks: boolean): ErrorRecord {
  for (const name of keys(error)) {
    // A name or message of its own is in the record already.
    if (!/^(name|message|stack|__proto__)$/.test(name))
      props[name] = (error as unknown as Record<string, unknown>)[name];
  }
  if (hasOwn(error, "cause")) props["cause"] = error.cause;
  if (isArray((error as AggregateError).errors)) props["errors"] = (error as AggregateError).errors;
  if (stacks && error.stack) props["stack"] = `${error.stack}`;
  let kind = classOf(error) === "DOMException" ? "DOMException" : "Error";
  for (const name of keys(CLASSES)) {
    if (error instanceof (CLASSES[name] as typeof Error)) kind = name;
  }
  return [kind, `${error.name}`, `${error.message}`, props];
}

/** Whether `value` has the shape of an {@link ErrorRecord}. */
export function isErrorRecord(value: unknown): value is ErrorRecord {
  if (!isArray(value) || value.length !== 4) return false;
  for (let i = 0; i < 3; i++) if (typeof value[i] !== "string") return false;
  return value[3] === null || (typeof value[3] === "object" && !isArray(value[3]));
}

/** Makes the error of a record, still without its properties: those may hold it. */
export function reviveError([kind, name, message]: ErrorRecord): Error {
  if (kind === "DOMException" && typeof DOMException === "function") return new DOMException(message, name);
  const Class = CLASSES[kind] as ErrorConstructor | undefined;
  const error =
    kind === "AggregateError"
      ? new AggregateError([], message)
      : Class
        ? new Class(message)
        : new Error(message);
  if (error.name !== name) hide(error, "name", name);
  // The stack of this very function would say nothing; the true one stays with its owner.
  hide(error, "stack", noStack(name, message));
  return error;
}

/** Gives a revived error its properties. */
export function completeError(error: Error, props: Record<string, unknown> | null): void {
  for (const name of props ? keys(props) : []) {
    const value = (props as Record<string, unknown>)[name];
    if (name === "cause" || name === "errors" || name === "stack") hide(error, name, value);
    else if (name !== "name" && name !== "message") {
      defineProperty(error, name, { value, configurable: true, enumerable: true, writable: true });
    }
  }
}

function noStack(name: string, message: string): string {
  return `${name}: ${message}`;
}

function hide(error: Error, name: string, value: unknown): void {
  defineProperty(error, name, { value, configurable: true, enumerable: false, writable: true });
}

/**
 * The error of a call whose handler threw `thrown`: name, message, cause and own properties of the remote
 * error, its `code` as `remoteCode`.
 */
export function threw(thrown: unknown, to: string): PortcullisError {
  if (!isError(thrown)) {
    return new PortcullisError("call/threw", `${to} threw ${describe(thrown)}`, { cause: thrown });
  }
  const details: Record<string, unknown> = {};
  for (const name of keys(thrown)) {
    const value = (thrown as unknown as Record<string, unknown>)[name];
    if (name === "code") details["remoteCode"] = value;
    else if (name !== "message") details[name] = value;
  }
  details["name"] = thrown.name;
  if (hasOwn(thrown, "cause")) details["cause"] = thrown.cause;
  if (hasOwn(thrown, "errors")) details["errors"] = (thrown as AggregateError).errors;
  // What `reviveError` put there says nothing; anything else is the stack that the other side exposed.
  if (thrown.stack !== noStack(thrown.name, thrown.message)) details["stack"] = thrown.stack;
  return new PortcullisError("call/threw", thrown.message, details);
}

/** A text of whatever was thrown, which may throw again when it is read. */
export function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return "an object";
  }
}

function describe(value: unknown): string {
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
