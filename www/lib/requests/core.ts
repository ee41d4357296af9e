/** The registry of the requests slice, and how its functions' answers are read. */
import { PortcullisError, type PortcullisErrorCode } from "../error.js";
import { makeCore, type RequestsCore } from "../internal/generated/requests.js";
import { createRegistry } from "../internal/registry.js";

/** Where the carriers `requests.ts`, `requests-slim.ts` and `requests-no-wasm.ts` meet. */
export const registry = createRegistry<RequestsCore>(makeCore, "portcullis/requests");

/** The rules, compiled at the first call. */
export function core(): RequestsCore {
  return registry.core();
}

/** The questions of the core, with what its border says of their fields and bits. */
export const ASK = { imageUrl: 0, jsonp: 1, classifyCors: 2, diagnoseCors: 3 } as const;

/**
 * Asks the core and reads the lines of its answer.
 *
 * @param subject what the message is about, such as the URL that was refused
 * @throws PortcullisError with the code that the core names
 */
export function ask(question: number, bits: number, subject: string, fields: readonly string[]): string[] {
  // A line break in any but the last field would shift the others; a space is refused wherever it is.
  const last = fields.length - 1;
  const text = fields.map((field, at) => (at < last ? field.replaceAll("\n", " ") : field)).join("\n");
  return read(core().ask(question, bits, text), subject);
}

/**
 * Reads an answer of the core: lines, the first of which is empty when all is well.
 *
 * @throws PortcullisError with the code that the core names
 */
export function read(answer: string, subject: string): string[] {
  const [code, ...lines] = answer.split("\n");
  if (code) throw new PortcullisError(code as PortcullisErrorCode, `${subject}: ${lines[0]}`);
  return lines;
}

/** {@link read} for an answer of one field. */
export function readOne(answer: string, subject: string): string {
  return read(answer, subject).join("\n");
}

/**
 * A user's URL in the platform's canonical form, relative to the page.
 *
 * @throws PortcullisError `code` when the platform cannot parse it
 */
export function absolute(url: string | URL, code: PortcullisErrorCode): string {
  const base = typeof document === "undefined" ? undefined : document.baseURI;
  try {
    return new URL(url, base).href;
  } catch (cause) {
    throw new PortcullisError(
      code,
      `${String(url)}: not a URL${base ? "" : " (outside a page it must be absolute)"}`,
      { cause },
    );
  }
}

/** This page's own origin, "null" when it is opaque, "" where there is no page (Node). */
export function pageOrigin(): string {
  return typeof self === "undefined" ? "" : (self.origin ?? "");
}
