/** One table of routes for the page, its server and the proxy in front of both. */
import { PortcullisError } from "../error.js";
import { absolute, readOne } from "./core.js";
import { type CorsFetchInit, corsFetch } from "./cors-fetch.js";
import { rules } from "./rules.js";

/** A parsed table. */
export interface ProxyRoutes {
  /**
   * The local path under which the page reaches an upstream URL.
   *
   * @throws PortcullisError `proxy/no-route`, `proxy/invalid`
   */
  rewrite(url: string | URL): string;
  /**
   * The upstream URL that a local path stands for.
   *
   * @throws PortcullisError `proxy/no-route`, `proxy/invalid` (encoded slashes or dots that could escape)
   */
  resolve(path: string): string;
  /** `fetch` of an upstream URL through its local path. Fails as `corsFetch` does. */
  fetch(url: string | URL, init?: CorsFetchInit): Promise<Response>;
  /** `location` blocks, to be included in nginx's `server`. */
  toNginx(): string;
  /** `handle` blocks, to be imported in a site of a Caddyfile. */
  toCaddy(): string;
  /** A JavaScript module whose default export is Vite's `server.proxy` (and `preview.proxy`). */
  toVite(): string;
}

const CONFIG = { nginx: 0, caddy: 1, vite: 2 } as const;

/**
 * Parses routes: local prefixes that end in a slash, each with an upstream that ends in one.
 *
 * @throws PortcullisError `proxy/invalid`, naming the entry
 */
export function createProxyRoutes(routes: Readonly<Record<string, string>>): ProxyRoutes {
  const entries = Object.entries(routes);
  for (const [prefix, upstream] of entries) {
    // A line of the table is "prefix upstream".
    if (/\s/.test(prefix + upstream))
      throw new PortcullisError("proxy/invalid", `route "${prefix}": white space is not allowed`);
  }
  const table = entries.map((entry) => entry.join(" ")).join("\n");
  const [code, why, index] = rules().proxyTable(table).split("\n");
  if (code) {
    const [prefix, upstream] = entries[Number(index)] ?? [];
    throw new PortcullisError("proxy/invalid", `route "${prefix}" to "${upstream}": ${why}`);
  }
  const rewrite = (url: string | URL): string => {
    const address = absolute(url, "proxy/invalid");
    return readOne(rules().proxyRewrite(table, address), address);
  };
  const resolve = (path: string): string => readOne(rules().proxyResolve(table, path), path);
  return {
    rewrite,
    resolve,
    fetch: async (url, init) => corsFetch(rewrite(url), init),
    toNginx: () => rules().proxyConfig(table, CONFIG.nginx),
    toCaddy: () => rules().proxyConfig(table, CONFIG.caddy),
    toVite: () => rules().proxyConfig(table, CONFIG.vite),
  };
}
