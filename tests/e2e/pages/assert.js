// What a case may claim. Every failure says what was expected and what was there.

/** A claim that did not hold. */
export class Failed extends Error {
  name = "Failed";
}

export function ok(value, claim = "the value is true") {
  if (!value) throw new Failed(`not so: ${claim}`);
}

export function equal(actual, expected, claim = "values") {
  if (!Object.is(actual, expected)) differ(actual, expected, claim);
}

/** Equal in structure: as two structured clones of one value are. */
export function same(actual, expected, claim = "values") {
  if (!alike(actual, expected, new Map())) differ(actual, expected, claim);
}

/**
 * The promise rejects with a `PortcullisError` of this code. `expected` is a code, or an object whose
 * further fields hold: a pattern must match, any other value must be equal in structure.
 */
export async function rejects(promise, expected, claim = "the promise rejects") {
  let value;
  try {
    value = await promise;
  } catch (error) {
    return fits(error, expected, claim);
  }
  throw new Failed(`${claim}: expected ${show(expected)}, but it gave ${show(value)}`);
}

/** The function throws at once, as `rejects` says. */
export function throws(run, expected, claim = "the function throws") {
  let value;
  try {
    value = run();
  } catch (error) {
    return fits(error, expected, claim);
  }
  throw new Failed(`${claim}: expected ${show(expected)}, but it returned ${show(value)}`);
}

/** As `rejects`, for an error that is already there. */
export function fits(error, expected, claim = "the error") {
  const fields = typeof expected === "string" ? { code: expected } : expected;
  for (const [key, wanted] of Object.entries(fields)) {
    const actual = error?.[key];
    const holds = wanted instanceof RegExp ? wanted.test(String(actual)) : alike(actual, wanted, new Map());
    if (!holds) {
      const stack = error?.stack ? `\n${error.stack}` : "";
      throw new Failed(
        `${claim}: ${key} is ${show(actual)}, expected ${show(wanted)}; it is ${show(error)}${stack}`,
      );
    }
  }
  return error;
}

/** A text for a person, of any value. */
export function show(value, depth = 3) {
  if (typeof value === "string")
    return JSON.stringify(value.length > 400 ? `${value.slice(0, 400)}…` : value);
  if (typeof value === "function") return `function ${value.name || "(no name)"}`;
  if (Object.is(value, -0)) return "-0";
  if (typeof value !== "object" || value === null)
    return `${String(value)}${typeof value === "bigint" ? "n" : ""}`;
  if (value instanceof RegExp) return String(value);
  if (value instanceof Error) return `${value.name}${value.code ? ` [${value.code}]` : ""}: ${value.message}`;
  if (depth === 0) return "…";
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  if (Array.isArray(value)) return `[${limited(value, (item) => show(item, depth - 1))}]`;
  if (ArrayBuffer.isView(value) && kind !== "DataView") return `${kind}[${limited([...value], String)}]`;
  if (kind === "Map" || kind === "Set")
    return `${kind}(${limited([...value], (item) => show(item, depth - 1))})`;
  if (kind === "Date") return `Date(${Number(value)})`;
  const fields = limited(Object.keys(value), (key) => `${key}: ${show(value[key], depth - 1)}`);
  return kind === "Object" ? `{${fields}}` : `${kind}{${fields}}`;
}

function limited(list, each) {
  const shown = list.slice(0, 20).map(each);
  return `${shown.join(", ")}${list.length > 20 ? `, … ${list.length} in all` : ""}`;
}

function differ(actual, expected, claim) {
  throw new Failed(`${claim}: expected ${show(expected)}, got ${show(actual)}`);
}

/** `seen` maps what was met in the one to what stood there in the other, so shared identity counts. */
function alike(a, b, seen) {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return Object.is(a, b);
  if (seen.has(a)) return seen.get(a) === b;
  seen.set(a, b);
  const kind = Object.prototype.toString.call(a);
  if (kind !== Object.prototype.toString.call(b)) return false;
  switch (kind) {
    case "[object Date]":
    case "[object Number]":
    case "[object Boolean]":
    case "[object String]":
    case "[object BigInt]":
      return Object.is(a.valueOf(), b.valueOf());
    case "[object RegExp]":
      return String(a) === String(b) && a.lastIndex === b.lastIndex;
    case "[object Error]":
    case "[object DOMException]":
      return a.name === b.name && a.message === b.message && alike(a.cause, b.cause, seen);
    case "[object Map]":
    case "[object Set]":
      return alike([...a], [...b], seen);
    case "[object ArrayBuffer]":
      return alike(new Uint8Array(a), new Uint8Array(b), seen);
    case "[object DataView]":
      return a.byteOffset === b.byteOffset && alike(a.buffer, b.buffer, seen);
    default: {
      const keys = Object.keys(a);
      return (
        keys.length === Object.keys(b).length &&
        a.length === b.length &&
        keys.every((key) => Object.hasOwn(b, key) && alike(a[key], b[key], seen))
      );
    }
  }
}
