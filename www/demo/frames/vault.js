// The channel's core; the storage entry brings none of its own.
import "/dist/index.js";
import { serveStorage } from "/dist/storage.js";
import { origin } from "../lib/places.js";

const host = origin("host");
serveStorage({
  area: "local",
  grants: [
    { origin: host, keys: "cart.*", allow: ["get", "set", "remove", "list", "watch"] },
    { origin: host, keys: "language", allow: ["get", "watch"] },
  ],
});
