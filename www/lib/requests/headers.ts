/** Headers in the form in which the core reads them. */
import { PortcullisError } from "../error.js";

/**
 * Lines of `name: value`, names in lower case, repeated ones joined, as the platform does it.
 *
 * @throws PortcullisError `cors/invalid` for what is no header
 */
export function headerLines(init: HeadersInit | undefined): string {
  let headers: Headers;
  try {
    headers = new Headers(init);
  } catch (cause) {
    throw new PortcullisError("cors/invalid", `these headers cannot be sent: ${String(cause)}`, { cause });
  }
  return [...headers].map(([name, value]) => `${name}: ${value}`).join("\n");
}
