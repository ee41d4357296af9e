/** Cross-origin resource sharing: what a browser will ask, and what it will allow. */
import type { PortcullisErrorCode } from "../error.js";
import { absolute, core, pageOrigin, read } from "./core.js";
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

/** A response as it is judged: a `Response`, or what a server's log says of one. */
export interface CorsResponse {
  status: number;
  headers: HeadersInit;
  /** The final address, where a redirect led to another one. */
  url?: string;
}

/** Whether a request needs a preflight. */
export interface CorsClassification {
  readonly kind: "same-origin" | "simple" | "preflight";
  /** For "preflight", each thing that makes it one. */
  readonly reasons: string[];
}

/** The standard's decision. */
export interface CorsExplanation {
  readonly allowed: boolean;
  readonly code?: PortcullisErrorCode;
  readonly reasons: string[];
  /** Names of the response headers that the page may read beside the safelisted ones. */
  readonly exposedHeaders: string[];
  /** Seconds for which a browser may remember the preflight; engines cap it. */
  readonly maxAgeSeconds?: number;
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
  const [kind, ...reasons] = read(
    core().classifyCors(url, page.origin, method, headerLines(headers), streaming),
    url,
  );
  return { kind: kind as CorsClassification["kind"], reasons };
}

/**
 * Takes a browser's decision from the headers alone: on a server, in a test, over a log.
 *
 * @throws PortcullisError `cors/invalid`
 */
export function explainCors(exchange: {
  request: CorsRequest;
  response: CorsResponse;
  preflight?: Omit<CorsResponse, "url">;
  page?: { origin: string };
}): CorsExplanation {
  const { request, response, preflight, page = { origin: pageOrigin() } } = exchange;
  const url = absolute(request.url, "cors/invalid");
  const [decision, code, ...tagged] = read(
    core().explainCors(
      url,
      page.origin,
      request.method ?? "GET",
      headerLines(request.headers),
      request.credentials ?? "same-origin",
      response.status,
      headerLines(response.headers),
      preflight?.status ?? 0,
      headerLines(preflight?.headers),
      response.url && response.url !== url ? response.url : "",
    ),
    url,
  );
  const values = (tag: string): string[] =>
    tagged.filter((line) => line.startsWith(tag)).map((line) => line.slice(tag.length));
  const [age] = values("m ");
  return {
    allowed: decision === "allowed",
    reasons: values("r "),
    exposedHeaders: values("e "),
    ...(code ? { code: code as PortcullisErrorCode } : {}),
    ...(age === undefined ? {} : { maxAgeSeconds: Number(age) }),
  };
}
