import { abortedError, meet } from "./connect.js";
import { PortcullisError } from "./error.js";
import { random } from "./internal/intrinsics.js";
import { patternsOf } from "./internal/patterns.js";
import type { Channel, ConnectOptions } from "./types.js";

/**
 * Opens a window and a channel to the page in it. Call it in a click handler: browsers block other popups.
 *
 * The window gets a random target name, so that no frame that named itself can be found in its place. When the
 * page does not answer, the window is closed again.
 *
 * @throws PortcullisError (as a rejection) `origin/invalid` for anything but an http(s) URL, `connect/target-closed`
 * when the browser blocked the window or the page's opener policy cut it off, and what `connect` throws
 */
export async function openPopup<Remote = unknown>(
  url: string,
  options: ConnectOptions & { features?: string },
): Promise<{ window: Window; channel: Channel<Remote> }> {
  const { features, ...rest } = options;
  const target = parse(url);
  // Before there is a window to clean up.
  patternsOf(options.allowedOrigins, options.anyOrigin);
  if (options.signal?.aborted) {
    throw abortedError("openPopup", options.signal);
  }
  const opened = open(target.href, randomName(), features);
  if (!opened) {
    throw new PortcullisError(
      "connect/target-closed",
      `the browser gave no window for ${target.origin}: open it in a click handler, and without "noopener"`,
    );
  }
  try {
    if (opened.parent !== opened) {
      throw new PortcullisError("connect/refused", "the browser gave a frame in place of a new window");
    }
    const channel = await meet<Remote>(opened, rest, { hint: target.origin });
    return { window: opened, channel };
  } catch (error) {
    opened.close();
    throw error;
  }
}

function parse(url: string): URL {
  try {
    const target = new URL(url, document.baseURI);
    if (/^https?:$/.test(target.protocol)) return target;
  } catch {
    // Not a URL at all; said below.
  }
  throw new PortcullisError("origin/invalid", `openPopup() opens http and https URLs, and "${url}" is none`);
}

/**
 * 128 bits that nobody can name a frame after.
 *
 * @internal
 */
export function randomName(): string {
  if (!random) throw new PortcullisError("connect/refused", "this page has no crypto.getRandomValues");
  return Array.from(random(new Uint32Array(4)), (word) => word.toString(16).padStart(8, "0")).join("");
}
