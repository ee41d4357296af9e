/**
 * The rules of grants: Rust, always as plain JavaScript, so a hub needs no carrier, no `init` and no word in a policy
 * for them.
 */
import { makeCore, type StorageCore } from "../internal/generated/storage.js";
import { instantiate } from "../internal/generated/storage-plain.js";

let made: StorageCore | undefined;

/** The rules, made at the first call. */
export function grantRules(): StorageCore {
  made ??= makeCore(instantiate);
  return made;
}
