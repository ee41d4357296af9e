/** What a value looks like, for people, and how large it is. Reads, never calls what it is shown. */

/** Nodes looked at before the rest of a value is left out of a size. */
const NODES = 10_000;
/** Items shown of a list, an object, a map or a set. */
const ITEMS = 50;
const LEVELS = 6;

/** Estimated bytes of values. */
export function sizeOf(values: readonly unknown[]): number {
  let bytes = 0;
  const seen = new Set<object>();
  const rest: unknown[] = [...values];
  for (let nodes = 0; rest.length && nodes < NODES; nodes++) {
    const value = rest.pop();
    if (typeof value === "string") bytes += value.length;
    else if (typeof value !== "object" || value === null) bytes += 8;
    else if (!seen.has(value)) {
      seen.add(value);
      const { byteLength, size } = value as { byteLength?: unknown; size?: unknown };
      if (typeof byteLength === "number") bytes += byteLength;
      else if (value instanceof Map) rest.push(...value.keys(), ...value.values());
      else if (value instanceof Set) rest.push(...value);
      else if (typeof Blob === "function" && value instanceof Blob) bytes += Number(size);
      else {
        for (const key of Object.keys(value)) bytes += Array.isArray(value) ? 0 : key.length;
        rest.push(...Object.values(value));
      }
      bytes += 8;
    }
  }
  return bytes;
}

/** A value as text of at most `most` characters. */
export function preview(value: unknown, most: number): string {
  const text = show(value, LEVELS, new Set());
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function show(value: unknown, levels: number, above: Set<object>): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? "-0" : String(value);
  if (levels === 0 || above.has(value)) return "…";
  above.add(value);
  const item = (one: unknown): string => show(one, levels - 1, above);
  const text = showObject(value, item);
  above.delete(value);
  return text;
}

function showObject(value: object, item: (one: unknown) => string): string {
  const name = Object.prototype.toString.call(value).slice(8, -1);
  if (Array.isArray(value)) return `[${few(value, item)}]`;
  if (value instanceof Map) return `Map {${few([...value], ([key, one]) => `${item(key)} => ${item(one)}`)}}`;
  if (value instanceof Set) return `Set {${few([...value], item)}}`;
  if (value instanceof Date) return `Date(${Number.isNaN(+value) ? "invalid" : value.toISOString()})`;
  if (value instanceof RegExp) return String(value);
  const { byteLength, size } = value as { byteLength?: unknown; size?: unknown };
  if (typeof byteLength === "number") return `${name}(${byteLength} bytes)`;
  if (typeof Blob === "function" && value instanceof Blob) return `${name}(${String(size)} bytes)`;
  if (name !== "Object") return name;
  return `{${few(Object.entries(value), ([key, one]) => `${key}: ${item(one)}`)}}`;
}

function few<Item>(list: readonly Item[], text: (item: Item) => string): string {
  const shown = list.slice(0, ITEMS).map(text);
  if (list.length > ITEMS) shown.push(`… ${list.length} in all`);
  return shown.join(", ");
}
