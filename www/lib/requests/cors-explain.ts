/** Cross-origin resource sharing: what a browser will allow, from the headers alone. */
import type { PortcullisErrorCode } from "../error.js";
import { absolute, pageOrigin, read } from "./core.js";
import type { CorsRequest } from "./cors.js";
import { headerLines } from "./headers.js";
import { rules } from "./rules.js";

/** A response as it is judged: a `Response`, or what a server's log says of one. */
export interface CorsResponse {
  status: number;
  headers: HeadersInit;
  /** The final address, where a redirect led to another one. */
  url?: string;
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
  const [decision, code, age, exposed = "", ...reasons] = read(
    rules().explainCors(
      url,
      page.origin,
      request.method ?? "GET",
      headerLines(request.headers),
      request.credentials ?? "same-origin",
      request.streaming === true,
      response.status,
      headerLines(response.headers),
      preflight?.status ?? 0,
      headerLines(preflight?.headers),
      response.url && response.url !== url ? response.url : "",
    ),
    url,
  );
  return {
    allowed: decision === "allowed",
    reasons,
    exposedHeaders: exposed === "" ? [] : exposed.split(" "),
    ...(code ? { code: code as PortcullisErrorCode } : {}),
    ...(age === "" ? {} : { maxAgeSeconds: Number(age) }),
  };
}
