/**
 * Where a hub keeps its values: four stores behind one face. IndexedDB keeps structured data; the others keep JSON, and
 * refuse what JSON would change.
 */
import { PortcullisError, type PortcullisErrorCode } from "../error.js";

/** The stores that a hub may serve. */
export type StorageArea = "local" | "session" | "indexeddb" | "cookie";

/** One store. A missing key is `undefined`. */
export interface Store {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown): Promise<void>;
  remove(key: string): Promise<void>;
  keys(): Promise<string[]>;
  /**
   * Hears which keys change in other documents that share this store (`null`: all of them), and tells them of changes
   * here.
   */
  hear(changed: (key: string | null) => void): { tell(key: string): void; close(): void };
}

/**
 * Opens a store of this page's own origin.
 *
 * @throws PortcullisError `call/invalid` for an area that is none
 */
export function storeOf(area: StorageArea): Store {
  switch (area) {
    case "cookie":
      return cookieStore();
    case "indexeddb":
      return databaseStore();
    case "local":
      return webStore(() => window.localStorage);
    case "session":
      return webStore(() => window.sessionStorage);
  }
  throw new PortcullisError("call/invalid", `serveStorage: no area is called "${String(area)}"`);
}

/** The browser's own refusals, as ours. */
function told(error: unknown): PortcullisError {
  if (error instanceof PortcullisError) return error;
  const name = error instanceof Error ? error.name : "";
  const [code, what]: [PortcullisErrorCode, string] =
    name === "QuotaExceededError"
      ? ["storage/quota", "the hub's storage is full"]
      : name === "DataCloneError"
        ? ["call/invalid", "no store keeps this value"]
        : ["storage/unavailable", "the browser refuses the hub its storage"];
  return new PortcullisError(code, `${what}: ${String(error)}`, { cause: error });
}

async function trying<T>(act: () => T | Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw told(error);
  }
}

/**
 * The JSON of a value that reads back the same (but -0, which becomes 0).
 *
 * @throws PortcullisError `call/invalid` naming the key, and the property that JSON would change
 */
function written(key: string, value: unknown): string {
  try {
    return JSON.stringify(value, function (this: Record<string, unknown>, name) {
      // The part itself: what the replacer gets is what a date's `toJSON` has made of it.
      const part = this[name];
      const kind = Object.prototype.toString.call(part);
      if (/ (Null|Boolean|String|Array|Object)]$/.test(kind) || Number.isFinite(part)) return part;
      throw new TypeError(`JSON would change ${kind} in "${name}"`);
    });
  } catch (cause) {
    throw new PortcullisError("call/invalid", `"${key}": ${String(cause)}`, { cause });
  }
}

/** The value of a text that a hub or any other script has kept: what is no JSON is the text itself. */
function read(text: string | null | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return text ?? undefined;
  }
}

function webStore(open: () => Storage): Store {
  return {
    get: (key) => trying(() => read(open().getItem(key))),
    set: (key, value) => trying(() => open().setItem(key, written(key, value))),
    remove: (key) => trying(() => open().removeItem(key)),
    keys: () => trying(() => Object.keys(open())),
    // The browser tells the other documents itself, of changes that no hub has made as well.
    hear: (changed) => {
      const onStorage = ({ key, storageArea }: StorageEvent): void => {
        if (storageArea === safely(open)) changed(key);
      };
      window.addEventListener("storage", onStorage);
      return { tell: () => {}, close: () => window.removeEventListener("storage", onStorage) };
    },
  };
}

function safely(open: () => Storage): Storage | undefined {
  try {
    return open();
  } catch {
    return undefined;
  }
}

/** For stores of which the browser tells nobody: only changes that a hub makes are heard. */
function announced(area: StorageArea): Store["hear"] {
  return (changed) => {
    const others =
      typeof BroadcastChannel === "function" ? new BroadcastChannel(`portcullis-storage-${area}`) : undefined;
    if (others) others.onmessage = ({ data }) => changed(String(data));
    return { tell: (key) => others?.postMessage(key), close: () => others?.close() };
  };
}

function cookies(): Map<string, string> {
  const pairs = document.cookie.split("; ").filter(Boolean);
  return new Map(
    pairs.map((pair) => {
      const [name = "", ...rest] = pair.split("=");
      return [decoded(name), decoded(rest.join("="))];
    }),
  );
}

/** Cookies of other scripts need not be encoded. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function cookieStore(): Store {
  const write = (key: string, rest: string): void => {
    // biome-ignore lint/suspicious/noDocumentCookie: the store is the cookie jar; `cookieStore` is not everywhere
    document.cookie = `${encodeURIComponent(key)}=${rest}; Path=/; ${location.protocol === "https:" ? "SameSite=None; Secure" : "SameSite=Lax"}`;
  };
  return {
    get: (key) => trying(() => read(cookies().get(key))),
    set: (key, value) =>
      trying(() => {
        const json = written(key, value);
        write(key, `${encodeURIComponent(json)}; Max-Age=31536000`);
        // A jar says nothing when it is full or closed.
        if (cookies().get(key) === json) return;
        write("portcullis", "1; Max-Age=60");
        const open = cookies().has("portcullis");
        write("portcullis", "; Max-Age=0");
        throw open
          ? new PortcullisError("storage/quota", "the browser did not keep the cookie: too large or too many")
          : new PortcullisError(
              "storage/unavailable",
              "the browser keeps no cookies of the hub in this page",
            );
      }),
    remove: (key) => trying(() => write(key, "; Max-Age=0")),
    keys: () => trying(() => [...cookies().keys()]),
    hear: announced("cookie"),
  };
}

const DATABASE = "portcullis";
const TABLE = "values";

function databaseStore(): Store {
  const run = <T>(mode: IDBTransactionMode, act: (table: IDBObjectStore) => IDBRequest<T>): Promise<T> =>
    trying(async () => {
      const opening = indexedDB.open(DATABASE, 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore(TABLE);
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => reject(opening.error);
      });
      try {
        const transaction = database.transaction(TABLE, mode);
        const request = act(transaction.objectStore(TABLE));
        // A request that succeeded is not kept yet: the disk may be full at the commit.
        await new Promise((resolve, reject) => {
          transaction.oncomplete = resolve;
          transaction.onabort = () => reject(transaction.error ?? "the transaction was aborted");
        });
        return request.result;
      } finally {
        database.close();
      }
    });
  return {
    get: (key) => run("readonly", (table) => table.get(key)),
    set: async (key, value) => void (await run("readwrite", (table) => table.put(value, key))),
    remove: async (key) => void (await run("readwrite", (table) => table.delete(key))),
    keys: async () => (await run("readonly", (table) => table.getAllKeys())).map(String),
    hear: announced("indexeddb"),
  };
}
