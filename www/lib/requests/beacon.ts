/** Beacons: small reports that outlive the page. What is queued is never known to have been delivered. */
import { PortcullisError } from "../error.js";
import { clock } from "../internal/intrinsics.js";
import { ASK, absolute, ask, core } from "./core.js";
import { headerLines } from "./headers.js";

/** How a beacon can leave. */
export type BeaconVia = "image" | "sendBeacon" | "fetch";

/**
 * What can be sent. Anything that is no body type goes as JSON text, which needs no preflight.
 *
 * Bytes and `FormData` leave as `fetch` writes them, never by an image; the crate's `beacon::decode` reads texts and
 * pairs only.
 */
export type BeaconData = BodyInit | object | string | number | boolean | null;

/** What `beacon` takes beside URL and data. */
export interface BeaconOptions {
  /** Default "auto": what fits the size and the state of the page. */
  via?: "auto" | BeaconVia;
  /** Not with `sendBeacon`, which cannot set one. */
  referrerPolicy?: ReferrerPolicy;
  /** Longest URL of an image beacon. Default 2 000. */
  maxUrlBytes?: number;
}

/** What became of a beacon. `queued` means that the browser took it, never that it arrived. */
export interface BeaconOutcome {
  /** "none" when nothing was sent. */
  readonly via: BeaconVia | "none";
  readonly queued: boolean;
  /** "too-large": it can never be sent like this. "over-budget": it can, once others are through. "refused": the browser would not take it. */
  readonly reason?: "too-large" | "over-budget" | "refused";
}

export const DEFAULT_MAX_URL_BYTES = 2_000;

/** `sendBeacon` never says when it is through; its bytes count against the budget for this long. */
const HOLD_MS = 5_000;

/** Keepalive bodies not known to be through. The browser's 64 KiB are for the whole page, Firefox enforces none. */
const inFlight = new Set<{ readonly bytes: number; readonly until: number }>();

/** Images under way: an unreferenced one may be collected with its request. */
const images = new Set<HTMLImageElement>();

/** Events during which the page may be gone before an ordinary request has started. */
const LEAVING_EVENTS = ["pagehide", "unload", "beforeunload"];

/**
 * Sends one report.
 *
 * @throws PortcullisError `beacon/invalid`: the URL, an option, or data that JSON cannot hold
 */
export function beacon(url: string | URL, data?: BeaconData, options: BeaconOptions = {}): BeaconOutcome {
  const { via = "auto", referrerPolicy, maxUrlBytes = DEFAULT_MAX_URL_BYTES } = options;
  const subject = `beacon ${String(url)}`;
  const wanted = viaNumber(via, subject);
  const target = absolute(url, "beacon/invalid");
  const load = loadOf(data, subject);
  const [imageUrl = ""] = ask(ASK.imageUrl, 0, subject, [target, load.query ?? ""]);
  const flags =
    (load.query === undefined ? 0 : FLAG.text) |
    (isLeaving() ? FLAG.leaving : 0) |
    (load.hasType ? FLAG.typed : 0) |
    (referrerPolicy === undefined ? 0 : FLAG.referrerPolicy) |
    (canSendBeacon() ? 0 : FLAG.noSendBeacon);
  const imageBytes = typeof Image === "undefined" ? Number.POSITIVE_INFINITY : imageUrl.length;
  const plan = core().beaconPlan(wanted, flags, load.bytes, imageBytes, maxUrlBytes, bytesInFlight());
  switch (plan) {
    case VIA.image:
      return sendImage(imageUrl, referrerPolicy);
    case VIA.sendBeacon:
      if (referrerPolicy === undefined && sendByBeacon(target, load))
        return { via: "sendBeacon", queued: true };
      // The browser would not: its own count differs from ours, or a policy forbids it. A fetch may still pass.
      return via === "auto"
        ? sendByFetch(target, load, true, referrerPolicy)
        : { via: "none", queued: false, reason: "refused" };
    case VIA.fetch:
      return sendByFetch(target, load, true, referrerPolicy);
    case VIA.plainFetch:
      return sendByFetch(target, load, false, referrerPolicy);
    case TOO_LARGE:
      return { via: "none", queued: false, reason: "too-large" };
    case OVER_BUDGET:
      return { via: "none", queued: false, reason: "over-budget" };
    default:
      throw new PortcullisError("beacon/invalid", `${subject}: this cannot go by ${via}`);
  }
}

/** The numbers of the core's plan. */
const VIA = { auto: 0, image: 1, sendBeacon: 2, fetch: 3, plainFetch: 4 } as const;
const TOO_LARGE = 17;
const OVER_BUDGET = 18;
const FLAG = { text: 1, leaving: 2, typed: 4, referrerPolicy: 8, noSendBeacon: 16 } as const;

function canSendBeacon(): boolean {
  return typeof navigator !== "undefined" && typeof navigator.sendBeacon === "function";
}

function viaNumber(via: "auto" | BeaconVia, subject: string): number {
  const number = Object.hasOwn(VIA, via) && via !== ("plainFetch" as string) ? VIA[via] : undefined;
  if (number === undefined)
    throw new PortcullisError(
      "beacon/invalid",
      `${subject}: via "${String(via)}" is none of auto, image, sendBeacon, fetch`,
    );
  return number;
}

/** Data in the form in which it leaves. */
interface Load {
  readonly body: BodyInit;
  readonly bytes: number;
  /** What an image can carry in its URL, form-urlencoded; undefined for bodies that are no text. */
  readonly query: string | undefined;
  /** Its content type needs the server's consent by CORS. */
  readonly hasType: boolean;
}

function loadOf(data: BeaconData | undefined, subject: string): Load {
  const plain = { query: undefined, hasType: false };
  const asText = (body: string): Load => ({
    ...plain,
    body,
    bytes: byteLength(body),
    query: String(new URLSearchParams({ data: body })),
  });
  if (data === undefined || data === null) return asText("");
  if (typeof data === "string") return asText(data);
  if (data instanceof URLSearchParams) {
    const query = String(data);
    return { ...plain, body: data, bytes: byteLength(query), query };
  }
  if (data instanceof Blob)
    return { ...plain, body: data, bytes: data.size, hasType: needsConsent(data.type) };
  if (data instanceof FormData) return { ...plain, body: data, bytes: formBytes(data) };
  if (data instanceof ArrayBuffer || ArrayBuffer.isView(data))
    return { ...plain, body: data as ArrayBuffer, bytes: data.byteLength };
  if (data instanceof ReadableStream)
    throw new PortcullisError("beacon/invalid", `${subject}: a stream outlives no page; read it first`);
  return asText(jsonText(data, subject));
}

/** @throws PortcullisError `beacon/invalid` for what JSON cannot hold: cycles, functions, bigints */
export function jsonText(value: unknown, subject: string): string {
  let text: string | undefined;
  let cause: unknown;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    cause = error;
  }
  if (text === undefined)
    throw new PortcullisError(
      "beacon/invalid",
      `${subject}: the data is not JSON`,
      cause === undefined ? {} : { cause },
    );
  return text;
}

const encoder = new TextEncoder();

/** Bytes of a text in UTF-8. */
export function byteLength(text: string): number {
  return encoder.encode(text).length;
}

/** A content type that is not safelisted makes a beacon a CORS request with a preflight. */
function needsConsent(type: string): boolean {
  if (type === "") return false;
  const fields = ["https://other.invalid/", "", "POST", headerLines({ "content-type": type })];
  return ask(ASK.classifyCors, 0, type, fields)[0] === "preflight";
}

/** What the browser's encoding of a form takes at most: a boundary and headers for each part. */
function formBytes(form: FormData): number {
  let bytes = 64;
  for (const [name, value] of form) {
    bytes +=
      200 +
      byteLength(name) +
      (typeof value === "string"
        ? byteLength(value)
        : value.size + byteLength(value.name) + value.type.length);
  }
  return bytes;
}

function bytesInFlight(): number {
  let sum = 0;
  for (const one of inFlight) {
    if (one.until <= clock()) inFlight.delete(one);
    else sum += one.bytes;
  }
  return sum;
}

function isLeaving(): boolean {
  if (typeof document === "undefined") return false;
  return document.visibilityState === "hidden" || LEAVING_EVENTS.includes(window.event?.type ?? "");
}

function sendImage(url: string, referrerPolicy: ReferrerPolicy | undefined): BeaconOutcome {
  const image = new Image();
  images.add(image);
  // Both are the end: a 204 is an "error" too.
  image.onload = image.onerror = () => {
    image.onload = image.onerror = null;
    images.delete(image);
  };
  if (referrerPolicy !== undefined) image.referrerPolicy = referrerPolicy;
  image.src = url;
  return { via: "image", queued: true };
}

function sendByBeacon(url: string, load: Load): boolean {
  if (!navigator.sendBeacon(url, load.body)) return false;
  inFlight.add({ bytes: load.bytes, until: clock() + HOLD_MS });
  return true;
}

function sendByFetch(
  url: string,
  load: Load,
  keepalive: boolean,
  referrerPolicy: ReferrerPolicy | undefined,
): BeaconOutcome {
  const held = { bytes: keepalive ? load.bytes : 0, until: Number.POSITIVE_INFINITY };
  inFlight.add(held);
  const done = (): boolean => inFlight.delete(held);
  fetch(url, {
    method: "POST",
    body: load.body,
    mode: load.hasType ? "cors" : "no-cors",
    credentials: "include",
    keepalive,
    ...(referrerPolicy === undefined ? {} : { referrerPolicy }),
  }).then((response) => response.body?.cancel().then(done, done) ?? done(), done);
  return { via: "fetch", queued: true };
}
