/**
 * Storage of one origin, served to pages of others with rights for each key, over the channel entry that the page has
 * loaded. It brings no core of its own.
 */
import { connect } from "./connect.js";
import { PortcullisError, type PortcullisErrorCode } from "./error.js";
import { createHub } from "./hub.js";
import { channelFacade } from "./internal/facade.js";
import { type StorageArea, storeOf } from "./storage/area.js";
import { grantRules } from "./storage/grants.js";
import type { CallContext, Channel, Hub } from "./types.js";

export { PortcullisError, type PortcullisErrorCode } from "./error.js";
export type { StorageArea } from "./storage/area.js";

/** What a page may do to a key. */
export type StorageRight = "get" | "set" | "remove" | "list" | "watch";

/** Rights of the pages of one origin on some keys. */
export interface StorageGrant {
  origin: string;
  /** `*`, all keys below a name (`cart.*`), or one key. */
  keys: string;
  allow: StorageRight[];
}

/** A storage of another origin. */
export interface OpenStorage {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown): Promise<void>;
  remove(key: string): Promise<void>;
  /** The keys that this page may list. */
  keys(): Promise<string[]>;
  /** Hears changes of a key until the function it resolves to is called. */
  watch(key: string, listener: (value: unknown) => void): Promise<() => Promise<void>>;
  /**
   * The browser keeps a storage of its own for this site: not the one that the hub has as a page by itself. Said here and
   * never thrown: the code `storage/partitioned` is for an application that refuses to go on with it.
   */
  readonly partitioned: boolean;
  /**
   * Asks for the unpartitioned cookies; false where the browser refuses, or knows no such request. Browsers want a click
   * in the hub's frame first, which only a frame in a `container` can get, or a visitor who has agreed before.
   */
  requestAccess(): Promise<boolean>;
  close(): void;
}

const NAME = "portcullis-storage";
const RIGHTS = { get: 1, set: 2, remove: 4, list: 8, watch: 16 };
/** A bit of no right, which the rules refuse. */
const UNKNOWN = 32;

/**
 * Serves this page's storage. Call it in the hub's page.
 *
 * @throws PortcullisError `origin/*` or `call/invalid` for a grant that is none
 */
export function serveStorage(options: { grants: readonly StorageGrant[]; area?: StorageArea }): Hub {
  channelFacade();
  const store = storeOf(options.area ?? "local");
  const grants = grantLines(options.grants);
  const [code, why, index] = grantRules().grantsError(grants).split("\n");
  if (code) throw new PortcullisError(code as PortcullisErrorCode, `serveStorage: grant ${index}: ${why}`);
  const watchers = new Set<{ readonly key: string; tell(value: unknown): void }>();
  const check = (call: CallContext, key: unknown, right: StorageRight): string => {
    if (typeof key === "string" && grantRules().grantAllows(grants, call.origin, key, RIGHTS[right]))
      return key;
    throw new PortcullisError("storage/denied", `no grant lets ${call.origin} ${right} "${String(key)}"`);
  };
  const changed = async (key: string | null): Promise<void> => {
    for (const watcher of watchers)
      if (key === null || watcher.key === key) watcher.tell(await store.get(watcher.key));
  };
  const others = store.hear((key) => void changed(key));
  const announce = async (key: string): Promise<void> => {
    others.tell(key);
    await changed(key);
  };
  const methods = {
    async get(this: CallContext, key: unknown) {
      return store.get(check(this, key, "get"));
    },
    async set(this: CallContext, key: unknown, value: unknown) {
      const name = check(this, key, "set");
      await store.set(name, value);
      await announce(name);
    },
    async remove(this: CallContext, key: unknown) {
      const name = check(this, key, "remove");
      await store.remove(name);
      await announce(name);
    },
    async keys(this: CallContext) {
      const { origin } = this;
      return (await store.keys())
        .filter((key) => grantRules().grantAllows(grants, origin, key, RIGHTS.list))
        .sort();
    },
    watch(this: CallContext, key: unknown, listener: (value: unknown) => Promise<void>) {
      const name = check(this, key, "watch");
      const watcher = {
        key: name,
        tell: (value: unknown) => void listener(value).catch(() => watchers.delete(watcher)),
      };
      watchers.add(watcher);
      void this.channel.closed.then(() => watchers.delete(watcher));
      return () => void watchers.delete(watcher);
    },
    status: () => ({ partitioned: isPartitioned() }),
    async requestAccess() {
      try {
        // Where it is missing, the call throws: nothing was granted.
        await document.requestStorageAccess();
        return true;
      } catch {
        return false;
      }
    },
  };
  const hub = createHub({
    name: NAME,
    allowedOrigins: [...new Set(options.grants.map(({ origin }) => origin))],
    methods,
  });
  const close = hub.close.bind(hub);
  hub.close = (reason?: string) => {
    others.close();
    close(reason);
  };
  return hub;
}

/** The grants as the rules take them: three lines each. What is no grant becomes lines that the rules refuse. */
function grantLines(grants: readonly StorageGrant[]): string {
  if (!Array.isArray(grants)) throw new PortcullisError("call/invalid", "serveStorage: grants are a list");
  // A line break would shift what follows it, so that one grant says what another should.
  const line = (text: unknown): string => (typeof text === "string" ? text.replaceAll("\n", "\0") : "");
  const bits = (allow: unknown): number =>
    (Array.isArray(allow) ? allow : []).reduce(
      (all, right) => all | (Object.hasOwn(RIGHTS, right) ? RIGHTS[right as StorageRight] : UNKNOWN),
      0,
    );
  return grants
    .map((grant) => [line(grant?.origin), line(grant?.keys), bits(grant?.allow)].join("\n"))
    .join("\n");
}

/** A cookie for one's own site only is kept exactly where the frame stands in a page of that site. */
function isPartitioned(): boolean {
  if (window.top === window) return false;
  const name = `portcullis${Math.trunc(performance.now())}`;
  const jar = (rest: string): boolean => {
    // biome-ignore lint/suspicious/noDocumentCookie: whether the jar takes it is the question
    document.cookie = `${name}=1; SameSite=Strict; ${rest}`;
    return document.cookie.includes(`${name}=1`);
  };
  try {
    const kept = jar("Path=/");
    jar("Path=/; Max-Age=0");
    return !kept;
  } catch {
    return true;
  }
}

/**
 * Opens the storage that the page at `hubUrl` serves, in a frame: hidden, or shown in `container` so that the visitor can
 * click in it. The frame goes with `close()`.
 *
 * @throws PortcullisError (as a rejection) `storage/unavailable` when the hub does not answer, `connect/aborted`,
 * `origin/invalid` for what is no address, `call/invalid` for a container that is no element of a document
 */
export async function openStorage(
  hubUrl: string | URL,
  { container, ...options }: { timeoutMs?: number; signal?: AbortSignal; container?: Element } = {},
): Promise<OpenStorage> {
  channelFacade();
  if (typeof document === "undefined")
    throw new PortcullisError(
      "storage/unavailable",
      "openStorage needs a document: this is a worker or a server",
    );
  const url = hubAddress(hubUrl);
  const frame = document.createElement("iframe");
  if (container === undefined) {
    frame.style.display = "none";
    frame.setAttribute("aria-hidden", "true");
    frame.tabIndex = -1;
  } else if (!container?.isConnected)
    throw new PortcullisError("call/invalid", "openStorage: the container is no element of a document");
  frame.title = url.host;
  frame.src = url.href;
  (container ?? document.body ?? document.documentElement).append(frame);
  let channel: Channel;
  let partitioned: boolean;
  try {
    channel = await connect(frame, { ...options, name: NAME, allowedOrigins: url.origin });
    void channel.closed.then(() => frame.remove());
    const status = await channel.call("status", [], options).catch((error) => {
      channel.close();
      throw error;
    });
    partitioned = (status as { partitioned?: unknown } | null)?.partitioned !== false;
  } catch (cause) {
    frame.remove();
    if (options.signal?.aborted)
      throw new PortcullisError("connect/aborted", `${url.href}: aborted by its signal`, {
        cause: options.signal.reason,
      });
    throw new PortcullisError(
      "storage/unavailable",
      `${url.href} serves no storage to this page: ${String(cause)}`,
      { cause },
    );
  }
  const ask = async (method: string, ...args: unknown[]): Promise<unknown> => {
    try {
      return await channel.call(method, args);
    } catch (error) {
      const code = error instanceof PortcullisError ? error.remoteCode : undefined;
      if (typeof code !== "string" || !/^(storage\/|call\/invalid$)/.test(code)) throw error;
      throw new PortcullisError(code as PortcullisErrorCode, `${url.origin}: ${(error as Error).message}`, {
        cause: error,
      });
    }
  };
  return {
    partitioned,
    get: (key) => ask("get", key),
    set: async (key, value) => void (await ask("set", key, value)),
    remove: async (key) => void (await ask("remove", key)),
    keys: async () => (await ask("keys")) as string[],
    watch: async (key, listener) => (await ask("watch", key, listener)) as () => Promise<void>,
    requestAccess: async () => (await ask("requestAccess")) === true,
    close: () => channel.close(),
  };
}

/** @throws PortcullisError `origin/invalid` for what no page can be loaded from */
function hubAddress(hubUrl: string | URL): URL {
  let cause: unknown;
  try {
    const url = new URL(hubUrl, document.baseURI);
    if (/^https?:$/.test(url.protocol)) return url;
  } catch (error) {
    cause = error;
  }
  throw new PortcullisError("origin/invalid", `${String(hubUrl)}: a hub has an http or https address`, {
    cause,
  });
}
