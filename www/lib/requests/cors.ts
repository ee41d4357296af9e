/** Cross-origin resource sharing: what a browser will ask. */
import { ASK, absolute, ask, pageOrigin } from "./core.js";
import { headerLines } from "./headers.js";

/** A request as it is judged. */
export interface CorsRequest {
  url: string | URL;
  /** Default GET. */
  method?: string;
  headers?: HeadersInit;
  /** Default "same-origin", as for `fetch`. */
  credentials?: RequestCredentials;
  /** The body is a `ReadableStream`. */
  streaming?: boolean;
}

/** Whether a request needs a preflight. */
export interface CorsClassification {
  readonly kind: "same-origin" | "simple" | "preflight";
  /** For "preflight", each thing that makes it one. */
  readonly reasons: string[];
}

/**
 * Says whether a browser asks first (`OPTIONS`), and for which reasons.
 *
 * @param page whose request it is; default this page
 * @throws PortcullisError `cors/invalid`
 */
export function classifyCors(
  request: CorsRequest,
  page: { origin: string } = { origin: pageOrigin() },
): CorsClassification {
  const { method = "GET", headers, streaming = false } = request;
  const url = absolute(request.url, "cors/invalid");
  const fields = [url, page.origin, method, headerLines(headers)];
  const [kind, ...reasons] = ask(ASK.classifyCors, Number(streaming), url, fields);
  return { kind: kind as CorsClassification["kind"], reasons };
}
