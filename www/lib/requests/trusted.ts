/** Trusted Types: the one policy through which this package's texts reach the page's sinks. */
import { PortcullisError, type PortcullisErrorCode } from "../error.js";

/** The policy's name, for a page's `trusted-types` directive. */
const POLICY_NAME = "portcullis";

/** The part of the Trusted Types API that is used; the standard library has no types for it yet. */
interface Policy {
  createHTML(text: string): unknown;
  createScriptURL(text: string): unknown;
}

interface PolicyFactory {
  createPolicy(
    name: string,
    rules: { createHTML(text: string): string; createScriptURL(text: string): string },
  ): Policy;
}

/** A page makes a name's policy once; later calls of this module share it. */
let policy: Policy | undefined;

/**
 * Makes a text fit for `srcdoc` or `src`. The text is this package's own, its variable parts escaped or parsed before.
 *
 * Where the page forbids the policy, the plain text is returned: it does when the page only names policies and does
 * not require them.
 *
 * @throws PortcullisError `code` when the page both requires Trusted Types and forbids the policy
 */
export function trusted(
  kind: keyof Policy,
  text: string,
  code: PortcullisErrorCode,
  subject: string,
): unknown {
  const factory = (globalThis as { trustedTypes?: PolicyFactory }).trustedTypes;
  if (factory === undefined) return text;
  try {
    policy ??= factory.createPolicy(POLICY_NAME, {
      createHTML: (html) => html,
      createScriptURL: (url) => url,
    });
    return policy[kind](text);
  } catch (cause) {
    if (!isRequired()) return text;
    throw new PortcullisError(
      code,
      `${subject}: this page's Content-Security-Policy requires Trusted Types and does not allow the policy "${POLICY_NAME}": add "trusted-types ${POLICY_NAME}" to it`,
      { cause },
    );
  }
}

/** Tries the cheapest sink, on an element that is nowhere. */
function isRequired(): boolean {
  try {
    document.createElement("iframe").srcdoc = "";
    return false;
  } catch {
    return true;
  }
}
