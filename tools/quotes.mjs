/**
 * Every test that `docs/security.md` names is there: a table that names a test nobody runs promises too much.
 *
 * A test is named “between these marks”, and its file beside it where a name alone does not say enough. A name that a
 * test puts together from parts (a row of a table, and words around it) counts when each part stands in the tests. The end-to-end
 * run checks the names of `attacks.json` against the cases that ran.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectFiles, root } from "./run.mjs";

const FILE = "docs/security.md";
const PLACES = [
  "tests/**/*.js",
  "tests/**/*.mjs",
  "tests/**/*.rs",
  "tests/**/*.ts",
  "tests/vectors/*.json",
  "tests/e2e/attacks.json",
];
const OTHERS = [
  "fuzz/tests/*.rs",
  "fuzz/src/*.rs",
  "src/**/*.rs",
  "www/**/*.mjs",
  "www/**/*.rs",
  "tools/**/*.mjs",
];

const sources = projectFiles(...PLACES, ...OTHERS)
  .map((file) => readFileSync(join(root, file), "utf8"))
  .join("\n");
const plain = spoken(sources);

const lines = readFileSync(join(root, FILE), "utf8").split("\n");
const named = lines.flatMap((line, at) =>
  [...line.matchAll(/“([^”]+)”/g)].map(([, name]) => ({ name, line: at + 1 })),
);
const missing = named.filter(({ name }) => !plain.includes(spoken(name)));
for (const { name, line } of missing) console.error(`${FILE}:${line}: no test is called “${name}”`);
console.log(`${named.length - missing.length} passed, ${missing.length} failed`);
process.exit(missing.length > 0 || named.length === 0 ? 1 : 0);

/** A text without what a source adds to it: escapes of quotes, and line breaks. */
function spoken(text) {
  return text.replaceAll(/\\(["'`\\])/g, "$1").replaceAll(/\s+/g, " ");
}
