/** Data carried in the name of a hidden frame, which outlives the frame's navigation from origin to origin. */
import { PortcullisError } from "../error.js";
import { absolute, read, readOne } from "./core.js";
import { attach, hiddenFrame, requireDocument } from "./frame.js";
import { hear, type Limits, once, type Task } from "./once.js";
import { randomKey } from "./random.js";
import { rules } from "./rules.js";

/** What `windowName.request` takes. */
export interface WindowNameRequestOptions extends Limits {
  /** An empty page of this page's own origin, to which the frame returns. */
  blankUrl: string | URL;
  /** Anything JSON can hold. */
  data?: unknown;
  /** Bound for the request and for the answer, as text. Default 1 MiB. */
  maxBytes?: number;
}

/** What `windowName.respond` takes. */
export interface WindowNameRespondOptions extends Limits {
  /** Bound for the request and for the answer, as text. Default 1 MiB. */
  maxBytes?: number;
}

const DEFAULT_MAX_BYTES = 1024 * 1024;

/** The transport for pages that share nothing but a frame. */
export const windowName = { request, respond };

/**
 * Asks a page of any origin that calls `windowName.respond`.
 *
 * The frame shows the page asked, with the request as its name; that page puts its answer there and sends the frame
 * back to `blankUrl`, where this page may read it.
 *
 * @throws PortcullisError (as a rejection) `window-name/timed-out`, `/aborted`, `/malformed`, `/too-large`
 */
async function request<T = unknown>(url: string | URL, options: WindowNameRequestOptions): Promise<T> {
  const subject = `windowName.request ${String(url)}`;
  requireDocument(subject, "window-name/malformed");
  const { data, maxBytes = DEFAULT_MAX_BYTES } = options;
  const target = httpUrl(url, subject);
  const blank = httpUrl(options.blankUrl, subject);
  if (blank.origin !== self.origin) {
    throw new PortcullisError(
      "window-name/malformed",
      `${subject}: blankUrl ${blank.href} must be of this page's own origin, ${self.origin}`,
    );
  }
  const key = randomKey();
  const text = bounded(written({ data }, subject), maxBytes, subject);
  const name = readOne(
    rules().windowNameRequest(key, blank.pathname + blank.search, text, maxBytes),
    subject,
  );
  return once<T>(options, namingOf(subject), (task) => {
    const frame = hiddenFrame("allow-scripts allow-same-origin");
    // The page asked learns this page's origin from the browser, and sends the answer nowhere else.
    frame.referrerPolicy = "origin";
    frame.name = name;
    frame.src = target.href;
    task.undo(() => {
      forget(frame);
      frame.remove();
    });
    hear(task, frame, "load", () => {
      const here = addressOf(frame);
      if (here === undefined) task.progress = "the page asked has loaded and has not answered";
      else if (here !== blank.href) task.progress = `the frame came to ${here}, not back to blankUrl`;
      else receive(task, frame, key, maxBytes, subject);
    });
    attach(frame);
  });
}

/** The frame's address without its fragment, where this page may see it. */
function addressOf(frame: HTMLIFrameElement): string | undefined {
  try {
    const { origin, pathname, search } = (frame.contentWindow as Window).location;
    return origin + pathname + search;
  } catch {
    return undefined;
  }
}

/** Empties the frame's name, as far as its window may be touched. */
function forget(frame: HTMLIFrameElement): void {
  try {
    (frame.contentWindow as Window).name = "";
  } catch {
    // It shows another origin's page: the name goes with the frame.
  }
}

function receive<T>(
  task: Task<T>,
  frame: HTMLIFrameElement,
  key: string,
  maxBytes: number,
  subject: string,
): void {
  try {
    const { name } = frame.contentWindow as Window;
    const [action, ...lines] = read(rules().windowNameAnswer(name, key, maxBytes), subject);
    const text = lines.join("\n");
    if (action === "settle") task.resolve(unwrap(text) as T);
    else if (action === "failed") task.fail(failure(text, subject));
    else task.reject("window-name/malformed", "the frame came back with the request still in its name");
  } catch (error) {
    task.fail(error);
  }
}

/**
 * Answers the page that holds this one in a frame. Call it while the page loads.
 *
 * Who may ask is the business of this page's `frame-ancestors` policy, or of the handler: the answer goes to the
 * origin that its second argument names, and to no other.
 *
 * @throws PortcullisError (as a rejection) `window-name/malformed` when nobody asks, and `/timed-out`, `/aborted`
 */
async function respond(
  handler: (data: unknown, context: { readonly origin: string }) => unknown,
  options: WindowNameRespondOptions = {},
): Promise<void> {
  const subject = "windowName.respond";
  requireDocument(subject, "window-name/malformed");
  const { maxBytes = DEFAULT_MAX_BYTES } = options;
  const { name } = window;
  if (window.parent === window)
    throw new PortcullisError(
      "window-name/malformed",
      `${subject}: this page is not in a frame, so nobody asks`,
    );
  const [key = "", path = "", ...lines] = read(rules().windowNameReadRequest(name, maxBytes), subject);
  const data = unwrap(lines.join("\n"));
  // It was ours: the next page in this frame shall not read it.
  window.name = "";
  const origin = embedderOrigin(subject);
  // The name says the path only. Whatever it holds, the answer goes to the page that really holds this frame.
  const back = new URL(path, origin);
  if (back.origin !== origin)
    throw new PortcullisError(
      "window-name/malformed",
      `${subject}: the way back leads to ${back.origin}, and ${origin} asks`,
    );
  const answer = await once<string>(options, namingOf(subject), (task) => {
    const encode = (failed: boolean, value: string): string =>
      readOne(rules().windowNameResponse(key, failed, bounded(value, maxBytes, subject), maxBytes), subject);
    const run = async (): Promise<string> => {
      try {
        return encode(false, written({ data: await handler(data, { origin }) }, subject));
      } catch (error) {
        const code = error instanceof PortcullisError ? error.code : "";
        return encode(true, JSON.stringify([code, error instanceof Error ? error.message : String(error)]));
      }
    };
    run().then(task.resolve, task.fail);
  });
  window.name = answer;
  window.location.replace(back);
}

/** @throws PortcullisError where no engine's sign tells who holds this frame */
function embedderOrigin(subject: string): string {
  // Firefox before 153 has no `ancestorOrigins`; the frame that `request` makes sends its origin as the referrer.
  const referrer = /^https?:\/\/[^/]+/.exec(document.referrer)?.[0];
  const ancestor = window.location.ancestorOrigins?.[0] ?? referrer ?? "null";
  if (ancestor === "null")
    throw new PortcullisError(
      "window-name/malformed",
      `${subject}: the browser does not say which origin asks`,
    );
  return ancestor;
}

/** @throws PortcullisError `window-name/malformed` */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PortcullisError("window-name/malformed", "the data in the name are not JSON", { cause });
  }
}

/** @throws PortcullisError `window-name/malformed` for what JSON cannot hold: cycles, bigints */
function written(value: object, subject: string): string {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    throw new PortcullisError("window-name/malformed", `${subject}: the data are not JSON`, { cause });
  }
}

function unwrap(text: string): unknown {
  return (parsed(text) as { data?: unknown } | null)?.data;
}

/** What the answering page said went wrong there. */
function failure(text: string, subject: string): PortcullisError {
  const [code, message] = [parsed(text)].flat();
  return code === "window-name/too-large"
    ? new PortcullisError(code, `${subject}: the answer is larger than maxBytes there`)
    : new PortcullisError("window-name/malformed", `${subject}: the page asked failed: ${String(message)}`);
}

/** Long texts stop here, before they are copied into the core. */
function bounded(text: string, maxBytes: number, subject: string): string {
  if (text.length > maxBytes)
    throw new PortcullisError(
      "window-name/too-large",
      `${subject}: ${text.length} characters, maxBytes is ${maxBytes}`,
    );
  return text;
}

function httpUrl(url: string | URL, subject: string): URL {
  const parsed = new URL(absolute(url, "window-name/malformed"));
  if (!/^https?:$/.test(parsed.protocol))
    throw new PortcullisError("window-name/malformed", `${subject}: ${parsed.href} is not http or https`);
  return parsed;
}

function namingOf(subject: string) {
  return {
    subject,
    aborted: "window-name/aborted",
    timedOut: "window-name/timed-out",
    failed: "window-name/malformed",
  } as const;
}
