/** The playground's origins. They share a port and differ in their host, so they are origins of different sites. */

const port = location.port ? `:${location.port}` : "";

/**
 * The origin of one of the playground's hosts.
 *
 * @param {string} name such as "guest" or "a.relaxed"
 */
export function origin(name) {
  return `${location.protocol}//${name}.localhost${port}`;
}

/**
 * A playground page as another host serves it.
 *
 * @param {string} name the host, such as "guest"
 * @param {string} path below /demo/
 */
export function page(name, path) {
  return new URL(`/demo/${path}`, origin(name)).href;
}

/** An origin without its scheme, as short as a label has to be. */
export function short(text) {
  return text.replace(/^https?:\/\//, "") || "no origin";
}
