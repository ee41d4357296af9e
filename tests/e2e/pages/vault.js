// The page that serves its storage, to the origin and from the area that its address names.
import "/dist/index.js";
import { serveStorage } from "/dist/storage.js";

const here = new URLSearchParams(location.search);
serveStorage({
  area: here.get("area"),
  grants: [
    { origin: here.get("origin"), keys: "cart.*", allow: ["get", "set", "remove", "list", "watch"] },
    { origin: here.get("origin"), keys: "language", allow: ["get"] },
  ],
});
