/** Beacons in batches, sent before the page goes. */
import { PortcullisError } from "../error.js";
import { clearTimer, listen, unlisten } from "../internal/intrinsics.js";
import { type BeaconVia, beacon, byteLength, DEFAULT_MAX_URL_BYTES, jsonText } from "./beacon.js";
import { ASK, absolute, ask, core } from "./core.js";
import { longTimer } from "./once.js";

/** How a queue collects and sends. */
export interface BeaconQueueOptions {
  /** Where the batches go: each is a JSON array of events, as `text/plain`. */
  endpoint: string | URL;
  /** Default "auto". */
  via?: "auto" | BeaconVia;
  /** Events in one batch. Default 50. */
  maxBatch?: number;
  /** Milliseconds after the first event of a batch. Default 5 000. */
  flushAfterMs?: number;
  /**
   * Bytes of one batch. Default 32 KiB, so that two fit the browser's budget at once. Images carry their batches
   * in addresses of 2 000 bytes, and count as they are written there.
   */
  maxBytes?: number;
}

/** Counts since the queue was made. Nothing counts as delivered: only the server knows. */
export interface BeaconQueueStats {
  /** Events taken by `push`. */
  readonly pushed: number;
  /** Events in batches that the browser took. */
  readonly queued: number;
  /** Events waiting for the next flush. */
  readonly waiting: number;
  /** Batches that the browser took. */
  readonly batches: number;
  /** Flushes that had to leave events waiting, for want of budget. */
  readonly postponed: number;
  /** Events given up: the oldest beyond the bound on waiting ones, and those that `close` could not send. */
  readonly dropped: number;
}

/** A running queue. */
export interface BeaconQueue {
  /**
   * Takes one event, a JSON value, as it is now.
   *
   * @throws PortcullisError `beacon/too-large` for an event that no batch could hold, `beacon/invalid` for what is no JSON, and after `close`
   */
  push(event: unknown): void;
  /** Sends what waits, as far as the budget goes. */
  flush(): void;
  /** Flushes, then stops: no timer and no listener stays. */
  close(): void;
  readonly stats: BeaconQueueStats;
}

const DEFAULT_MAX_BATCH = 50;
const DEFAULT_FLUSH_AFTER_MS = 5_000;
const DEFAULT_MAX_BYTES = 32 * 1024;

/** Bytes that may wait while the budget is spent or the browser refuses; then the oldest events go. */
const MAX_WAITING_BYTES = 1024 * 1024;

const FLUSH_FIRST = 1;
const NEVER_FITS = 2;

/** Makes a queue. It flushes by itself after a while, when the page is hidden and when it goes. */
export function createBeaconQueue(options: BeaconQueueOptions): BeaconQueue {
  const {
    via = "auto",
    maxBatch = DEFAULT_MAX_BATCH,
    flushAfterMs = DEFAULT_FLUSH_AFTER_MS,
    maxBytes = DEFAULT_MAX_BYTES,
  } = options;
  const endpoint = absolute(options.endpoint, "beacon/invalid");
  const subject = `beacon queue for ${endpoint}`;
  const rules = core();
  const image = via === "image";
  // Here, not at the first flush, where nobody would see it.
  const [empty = ""] = ask(ASK.imageUrl, 0, subject, [endpoint, "data="]);
  // The batch is counted as JSON text. In an address its brackets take 4 bytes more, and each comma 2.
  const room = image ? Math.min(maxBytes, DEFAULT_MAX_URL_BYTES - empty.length - 2) : maxBytes;
  const waiting: { readonly text: string; readonly bytes: number }[] = [];
  const count = { pushed: 0, queued: 0, batches: 0, postponed: 0, dropped: 0 };
  let waitingBytes = 0;
  let timer: number | undefined;
  let closed = false;

  const stopTimer = (): void => {
    if (timer !== undefined) clearTimer(timer);
    timer = undefined;
  };
  /** How many of the waiting events make the next batch. */
  const nextBatch = (): number => {
    let bytes = 0;
    let size = 0;
    for (const event of waiting) {
      if (rules.beaconFits(size, bytes, event.bytes, maxBatch, room) !== 0) break;
      bytes += event.bytes;
      size += 1;
    }
    return size;
  };
  const remove = (size: number): void => {
    for (const event of waiting.splice(0, size)) waitingBytes -= event.bytes;
  };
  const flush = (): void => {
    stopTimer();
    while (waiting.length > 0) {
      const size = nextBatch();
      const text = `[${waiting
        .slice(0, size)
        .map((event) => event.text)
        .join(",")}]`;
      if (!beacon(endpoint, text, { via }).queued) {
        count.postponed += 1;
        break;
      }
      remove(size);
      count.queued += size;
      count.batches += 1;
    }
    if (waiting.length > 0 && !closed) timer = longTimer(flush, flushAfterMs);
  };
  const onHide = (): void => {
    if (document.visibilityState === "hidden") flush();
  };
  const page = typeof document === "undefined" ? undefined : document;
  if (page) {
    listen(page, "visibilitychange", onHide);
    listen(window, "pagehide", flush);
  }
  return {
    push(event) {
      if (closed) throw new PortcullisError("beacon/invalid", `${subject}: it is closed`);
      const text = jsonText(event, subject);
      const bytes = image ? String(new URLSearchParams({ "": text })).length + 1 : byteLength(text);
      const fits = rules.beaconFits(waiting.length, waitingBytes, bytes, maxBatch, room);
      if (fits === NEVER_FITS)
        throw new PortcullisError(
          "beacon/too-large",
          `${subject}: an event of ${bytes} bytes fits no batch of ${room}`,
        );
      if (fits === FLUSH_FIRST) flush();
      waiting.push({ text, bytes });
      waitingBytes += bytes;
      count.pushed += 1;
      while (waitingBytes > MAX_WAITING_BYTES) {
        remove(1);
        count.dropped += 1;
      }
      timer ??= longTimer(flush, flushAfterMs);
    },
    flush,
    close() {
      if (closed) return;
      closed = true;
      flush();
      count.dropped += waiting.length;
      remove(waiting.length);
      if (page) {
        unlisten(page, "visibilitychange", onHide);
        unlisten(window, "pagehide", flush);
      }
    },
    get stats() {
      return { ...count, waiting: waiting.length };
    },
  };
}
