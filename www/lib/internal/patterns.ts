import { PortcullisError } from "../error.js";
import type { ConnectOptions } from "../types.js";
import { core } from "./core.js";

/** By the numbers of the core's origin errors: what is wrong, and the code if it is not `origin/invalid`. */
const WRONG: Record<number, readonly [string, ("origin/opaque" | "origin/too-wide")?]> = {
  1: ["has a host that is none: write it like https://pay.example or https://*.pay.example"],
  2: ["has a port that is none: write it like https://pay.example:8443"],
  3: ["is no http or https origin: write it like https://pay.example"],
  4: ["has a * that is not the whole leftmost label: write it like https://*.pay.example"],
  5: ["holds more than an origin: leave out path, query, fragment and user name"],
  6: ['would name every sandboxed frame: use opaque: true for a peer whose origin is "null"'],
  7: ["is opaque, and equal to no other", "origin/opaque"],
  8: ['names too many origins: list them, or say "*" together with anyOrigin: true', "origin/too-wide"],
};

/** Nothing but what an origin is made of; `URL` would mend the rest, which hides mistakes. */
const SHAPE = /^(https?:\/\/)(\*\.)?([^\s/\\?#@%*]+)\/?$/i;

/** One entry in the form that the core compares: the platform does IDN, case and default ports. */
function canonical(entry: string): string {
  const parts = SHAPE.exec(entry);
  if (!parts) return entry;
  const [, scheme = "", wildcard = "", host] = parts;
  try {
    return new URL(`${scheme}${host}`).origin.replace("://", `://${wildcard}`);
  } catch {
    return entry;
  }
}

/** The canonical patterns of an allow-list, or the error that names the entry and the right form. */
export function patternsOf(allowed: ConnectOptions["allowedOrigins"], anyOrigin = false): string[] {
  const entries: readonly unknown[] =
    allowed === undefined ? [] : Array.isArray(allowed) ? allowed : [allowed];
  return entries.map((entry) => {
    if (typeof entry !== "string") {
      throw new PortcullisError(
        "origin/invalid",
        `allowedOrigins takes texts, not ${Object.prototype.toString.call(entry)}`,
      );
    }
    const pattern = canonical(entry);
    const wrong = core().patternError(pattern, anyOrigin);
    if (!wrong) return pattern;
    const [why, code = "origin/invalid"] = WRONG[wrong] ?? ["is no origin"];
    throw new PortcullisError(code, `allowedOrigins: "${entry}" ${why}`);
  });
}
