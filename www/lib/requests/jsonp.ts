/** JSON with padding: data from a server that knows no CORS, as a script that calls back. */
import { PortcullisError, type PortcullisErrorCode } from "../error.js";
import { clock, eventData, eventOrigin, eventSource } from "../internal/intrinsics.js";
import { ASK, absolute, ask, pageOrigin } from "./core.js";
import { attach, hiddenFrame, requireDocument } from "./frame.js";
import { frameDocument, JSONP_FRAME_HASH } from "./jsonp-frame.js";
import { DEFAULT_TIMEOUT_MS, hear, type Limits, limit, once, type Task } from "./once.js";
import { randomKey } from "./random.js";
import { type SchemaOf, validated } from "./schema.js";
import { trusted } from "./trusted.js";

/** What `jsonp` takes beside the URL. */
export interface JsonpOptions<T = unknown> extends Limits {
  /** Query parameters to add, escaped. `undefined` and `null` are left out, an array repeats its name. */
  params?: Record<string, unknown> | URLSearchParams;
  /** The query parameter in which the server looks for the callback's name. Default "callback". */
  callbackParam?: string;
  /**
   * Default true: the script runs in a sandboxed opaque frame. `false` runs it in the page, with all the page's
   * rights: only for servers trusted like one's own.
   */
  isolate?: boolean;
  /** The nonce of the page's Content-Security-Policy, where it has one. */
  nonce?: string;
  /** Any Standard Schema (zod, valibot, arktype, ...), within the call's time; what it refuses is `jsonp/invalid`. */
  schema?: SchemaOf<T>;
}

/** How long a frame that has loaded may take to say that its script runs. A policy that forbids it says nothing. */
const SILENCE_MS = 1_000;

/**
 * Asks a JSONP server.
 *
 * @throws PortcullisError (as a rejection) `jsonp/timed-out`, `jsonp/aborted`, `jsonp/failed` (no script came, or it
 * did not call back), `jsonp/blocked` (a policy, or a redirect to another host), `jsonp/invalid` (an option, or the
 * schema)
 */
export async function jsonp<T = unknown>(url: string | URL, options: JsonpOptions<T> = {}): Promise<T> {
  const subject = `jsonp ${String(url)}`;
  requireDocument(subject, "jsonp/invalid");
  const { params, callbackParam = "callback", nonce, schema, signal } = options;
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  // Nothing but `false` gives a foreign script the page.
  const isolate = options.isolate !== false;
  const callback = `portcullis_${randomKey()}`;
  const target = absolute(url, "jsonp/invalid");
  const query = queryOf(params);
  // Two callbacks in one request: the server might take the other one.
  if (query.has(callbackParam) || new URL(target).searchParams.has(callbackParam))
    throw new PortcullisError("jsonp/invalid", `${subject}: carries the callback parameter already`);
  query.append(callbackParam, callback);
  const fields = [target, callbackParam, JSONP_FRAME_HASH, String(query)];
  const [address = "", policy = ""] = ask(ASK.jsonp, Number(isolate), subject, fields);
  const naming = {
    subject,
    aborted: "jsonp/aborted",
    timedOut: "jsonp/timed-out",
    failed: "jsonp/failed",
  } as const;
  const started = clock();
  const answer = await once<unknown>({ signal, timeoutMs }, naming, (task) => {
    if (isolate) inFrame(task, address, callback, nonce, policy, subject);
    else inPage(task, address, callback, nonce);
  });
  if (schema === undefined) return answer as T;
  // What is left of the time. Zero would be no limit.
  const left = timeoutMs && Math.max(1, Math.round(timeoutMs + started - clock()));
  return once<T>({ signal, timeoutMs: left }, naming, (task) => {
    task.progress = "the schema did not decide";
    validated(schema, answer, subject, "jsonp/invalid").then(task.resolve, task.fail);
  });
}

function queryOf(params: JsonpOptions["params"]): URLSearchParams {
  if (params instanceof URLSearchParams) return new URLSearchParams(params);
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(params ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null) pairs.append(name, String(one));
    }
  }
  return pairs;
}

function inFrame(
  task: Task<unknown>,
  url: string,
  callback: string,
  nonce: string | undefined,
  policy: string,
  subject: string,
): void {
  const key = randomKey();
  const own = pageOrigin();
  // An opaque page has no origin to name; its own child frame can reach nobody else by `parent` anyway.
  const page = own === "null" ? "*" : own;
  const frame = hiddenFrame("allow-scripts");
  let ready = false;
  let loads = 0;

  const onMessage = (event: MessageEvent): void => {
    if (!event.isTrusted || frame.contentWindow === null || eventSource(event) !== frame.contentWindow)
      return;
    if (eventOrigin(event) !== "null") return;
    const news = eventData(event);
    if (!Array.isArray(news) || news[0] !== "portcullis-jsonp" || news[1] !== key) return;
    if (news[2] === "ready") {
      ready = true;
      task.progress = "the script did not answer";
    } else settle(task, news[2], news[3], url);
  };
  const onUnreadable = (event: MessageEvent): void => {
    if (event.isTrusted && frame.contentWindow !== null && eventSource(event) === frame.contentWindow)
      settle(task, "unclonable", "it cannot be read here", url);
  };
  const onLoad = (): void => {
    loads += 1;
    if (loads > 1) task.reject("jsonp/failed", "the script navigated its frame away instead of answering");
    else if (!ready) {
      limit(task, SILENCE_MS, () => {
        if (!ready)
          task.reject(
            "jsonp/blocked",
            `this page's Content-Security-Policy reaches into the frame and forbids its script: ${remedy(url)}`,
          );
      });
    }
  };
  hear(task, window, "message", onMessage);
  hear(task, window, "messageerror", onUnreadable);
  task.undo(() => frame.remove());
  hear(task, frame, "load", onLoad);
  const text = frameDocument({ url, callback, policy, key, page, nonce });
  frame.srcdoc = trusted("createHTML", text, "jsonp/blocked", subject) as string;
  attach(frame);
}

/** What each kind of news but an answer comes to. */
const FAILURES = new Map<unknown, readonly [PortcullisErrorCode, (url: string) => string]>([
  ["unclonable", ["jsonp/failed", () => "the answer is not data"]],
  [
    "missing",
    ["jsonp/failed", () => "the script did not call back (JSON without the padding? another callbackParam?)"],
  ],
  [
    "redirected",
    [
      "jsonp/blocked",
      (url) => `redirected to another host than ${new URL(url).origin}; if that is trusted, ask it directly`,
    ],
  ],
  [
    "refused",
    ["jsonp/blocked", (url) => `this page's Content-Security-Policy refuses the script: ${remedy(url)}`],
  ],
  [
    "failed",
    [
      "jsonp/failed",
      () =>
        "no script came: the server is out of reach, answered with an error, or with a type that browsers do not run",
    ],
  ],
]);

/** The frame's words are a hostile server's: whatever they are, they settle the call and do no more. */
function settle(task: Task<unknown>, kind: unknown, value: unknown, url: string): void {
  if (kind === "answer") task.resolve(value);
  const [code, text] = FAILURES.get(kind) ?? ["jsonp/failed", () => "the frame spoke nonsense"];
  const detail = typeof value === "string" ? ` (${value.slice(0, 300)})` : "";
  task.reject(code, text(url) + detail);
}

function remedy(url: string): string {
  return `add ${new URL(url).origin} to its script-src, and pass its nonce as \`nonce\` or add '${JSONP_FRAME_HASH}'`;
}

/** Runs the script in the page itself. Its document's own events tell of a policy that refuses it. */
function inPage(task: Task<unknown>, url: string, callback: string, nonce: string | undefined): void {
  const script = document.createElement("script");
  let answer: { value: unknown } | undefined;
  Object.defineProperty(window, callback, {
    configurable: true,
    value: (value: unknown) => {
      answer ??= { value };
    },
  });
  task.undo(() => Reflect.deleteProperty(window, callback));

  // Settled at `load`, which follows at once, not at the call: a second call must still find its function.
  const onLoad = (): void => (answer ? task.resolve(answer.value) : settle(task, "missing", undefined, url));
  const onError = (): void => limit(task, 100, () => settle(task, "failed", undefined, url));
  const onViolation = (event: SecurityPolicyViolationEvent): void => {
    if (
      event.disposition === "enforce" &&
      event.effectiveDirective.startsWith("script-src") &&
      event.blockedURI === url
    )
      settle(task, "refused", event.originalPolicy, url);
  };
  hear(task, document, "securitypolicyviolation", onViolation as EventListener);
  hear(task, script, "load", onLoad);
  hear(task, script, "error", onError);
  task.undo(() => {
    script.remove();
    // A removed script still runs when it arrives. One that has moved to another document never does, so a late
    // answer finds neither its function nor a chance to miss it.
    document.implementation.createHTMLDocument("").adoptNode(script);
  });
  if (nonce !== undefined) script.nonce = nonce;
  script.src = trusted("createScriptURL", url, "jsonp/blocked", url) as string;
  attach(script);
}
