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

/**
 * Reads an answer of the core: lines, the first of which is empty when all is well.
 *
 * @param subject what the message is about, such as the URL that was refused
 * @param fields how many fields to take; the last one is all the rest, newlines included
 * @throws PortcullisError with the code that the core names
 */
export function read(answer: string, subject: string, fields = Number.POSITIVE_INFINITY): string[] {
  const [code = "", ...lines] = answer.split("\n");
  if (code !== "") throw new PortcullisError(code as PortcullisErrorCode, `${subject}: ${lines[0]}`);
  if (lines.length <= fields) return lines;
  return [...lines.slice(0, fields - 1), lines.slice(fields - 1).join("\n")];
}

/** {@link read} for an answer of one field. */
export function readOne(answer: string, subject: string): string {
  return read(answer, subject, 1)[0] ?? "";
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
