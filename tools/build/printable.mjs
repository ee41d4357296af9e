/**
 * A script with escapes in the place of control characters. esbuild leaves those in texts as they are;
 * an editor or a proxy may not.
 */
export function printable(code) {
  return code.replaceAll(
    /[^\n\x20-\x7e]/g,
    (mark) => `\\x${mark.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
