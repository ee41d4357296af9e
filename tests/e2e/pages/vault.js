// The page that serves its storage: to the origins and from the area that its address names.
import { serveStorage } from "/dist/storage.js";

const here = new URLSearchParams(location.search);
await import(`/dist/${here.get("entry")}.js`);

if (here.has("refused")) {
  // As a browser does it that blocks all storage of this page.
  Object.defineProperty(window, "localStorage", {
    get() {
      throw new DOMException("The operation is insecure.", "SecurityError");
    },
  });
}

if (here.has("access")) {
  // As in a browser that knows no such request, or one whose visitor has agreed before.
  document.requestStorageAccess = here.get("access") === "granted" ? () => Promise.resolve() : undefined;
}

if (here.has("aborted")) {
  // As a disk that proves full when the transaction is to be kept: after its request has succeeded.
  const { put } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.put = function (...values) {
    const request = put.apply(this, values);
    request.addEventListener("success", () => this.transaction.abort());
    return request;
  };
}

serveStorage({
  area: here.get("area"),
  grants: [
    { origin: here.get("origin"), keys: "cart.*", allow: ["get", "set", "remove", "list", "watch"] },
    { origin: here.get("origin"), keys: "language", allow: ["get"] },
    ...(here.has("reader")
      ? [{ origin: here.get("reader"), keys: "cart.total", allow: ["get", "watch"] }]
      : []),
  ],
});
