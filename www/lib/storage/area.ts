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
  /** Hears which keys change in other documents that share this store, and tells them of changes here. */
  hear(changed: (key: string) => void): { tell(key: string): void; close(): void };
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
    // The browser tells the other documents itself, of changes that no hub has made as well.
    hear: (changed) => {
      const onStorage = ({ key, storageArea }: StorageEvent): void => {
        if (key !== null && storageArea === safely(open)) changed(key);
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
    hear: announced("indexeddb"),
  };
}
