/** Where a hub keeps its values: four stores behind one face. Values are structured data, kept as JSON but in IndexedDB. */
import { PortcullisError } from "../error.js";

/** The stores that a hub may serve. */
export type StorageArea = "local" | "session" | "indexeddb" | "cookie";

/** One store. A missing key is `undefined`. */
export interface Store {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown): Promise<void>;
  remove(key: string): Promise<void>;
  keys(): Promise<string[]>;
}

/** Opens a store of this page's own origin. */
export function storeOf(area: StorageArea): Store {
  if (area === "cookie") return cookieStore();
  if (area === "indexeddb") return databaseStore();
  return webStore(() => (area === "local" ? window.localStorage : window.sessionStorage));
}

/** The browser's own refusals, as ours. */
function told(error: unknown): PortcullisError {
  if (error instanceof PortcullisError) return error;
  const name = error instanceof Error ? error.name : "";
  return name === "QuotaExceededError"
    ? new PortcullisError("storage/quota", "the hub's storage is full", { cause: error })
    : new PortcullisError(
        "storage/unavailable",
        `the browser refuses the hub its storage: ${String(error)}`,
        { cause: error },
      );
}

async function trying<T>(act: () => T | Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw told(error);
  }
}

function text(value: unknown): string {
  const json: string | undefined = JSON.stringify(value);
  if (json === undefined)
    throw new PortcullisError("call/invalid", "this value cannot be stored: remove the key instead");
  return json;
}

function webStore(open: () => Storage): Store {
  return {
    get: (key) =>
      trying(() => {
        const json = open().getItem(key);
        return json === null ? undefined : JSON.parse(json);
      }),
    set: (key, value) => trying(() => open().setItem(key, text(value))),
    remove: (key) => trying(() => open().removeItem(key)),
    keys: () => trying(() => Object.keys(open())),
  };
}

function cookies(): Map<string, string> {
  const pairs = document.cookie.split("; ").filter(Boolean);
  return new Map(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      return [decodeURIComponent(pair.slice(0, at)), decodeURIComponent(pair.slice(at + 1))];
    }),
  );
}

function cookieStore(): Store {
  const write = (key: string, rest: string): void => {
    // biome-ignore lint/suspicious/noDocumentCookie: the store is the cookie jar; `cookieStore` is not everywhere
    document.cookie = `${encodeURIComponent(key)}=${rest}; Path=/; ${location.protocol === "https:" ? "SameSite=None; Secure" : "SameSite=Lax"}`;
  };
  return {
    get: (key) =>
      trying(() => {
        const json = cookies().get(key);
        return json === undefined ? undefined : JSON.parse(json);
      }),
    set: (key, value) =>
      trying(() => {
        const json = text(value);
        write(key, `${encodeURIComponent(json)}; Max-Age=31536000`);
        // A jar says nothing when it is full or closed.
        if (cookies().get(key) !== json)
          throw new PortcullisError(
            "storage/quota",
            "the browser did not keep the cookie: too large, too many, or blocked",
          );
      }),
    remove: (key) => trying(() => write(key, "; Max-Age=0")),
    keys: () => trying(() => [...cookies().keys()]),
  };
}

const DATABASE = "portcullis";
const TABLE = "values";

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function databaseStore(): Store {
  const run = <T>(mode: IDBTransactionMode, act: (table: IDBObjectStore) => IDBRequest<T>): Promise<T> =>
    trying(async () => {
      const opening = indexedDB.open(DATABASE, 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore(TABLE);
      const database = await done(opening);
      try {
        return await done(act(database.transaction(TABLE, mode).objectStore(TABLE)));
      } finally {
        database.close();
      }
    });
  return {
    get: (key) => run("readonly", (table) => table.get(key)),
    set: async (key, value) => void (await run("readwrite", (table) => table.put(value, key))),
    remove: async (key) => void (await run("readwrite", (table) => table.delete(key))),
    keys: async () => (await run("readonly", (table) => table.getAllKeys())).map(String),
  };
}
