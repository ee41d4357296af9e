/**
 * The rules that few pages need: CORS decisions from headers, proxy routes, `window.name`, `document.domain`.
 *
 * The same Rust as everywhere, always as plain JavaScript: it needs no carrier, no `init` and no word in a policy, and a
 * bundler leaves it out of the pages that ask nothing of it.
 */
import { makeCore, type RulesCore } from "../internal/generated/rules.js";
import { instantiate } from "../internal/generated/rules-plain.js";

let made: RulesCore | undefined;

/** The rules, made at the first call. */
export function rules(): RulesCore {
  made ??= makeCore(instantiate);
  return made;
}
