// Every test that docs/pains.md names exists, under just that name.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/pains.md"), "utf8");
const tests = readdirSync(join(root, "tests"), { recursive: true })
  .filter((file) => /\.(?:m?js|rs|ts)$/.test(file) && !file.includes("generated"))
  .map((file) => readFileSync(join(root, "tests", file), "utf8"))
  .join("\n");

/** Whether a test has this name: a whole literal, or a function in Rust. */
const exists = (name) =>
  [`"${name}"`, `\`${name}\``, `fn ${name}()`].some((written) => tests.includes(written)) ||
  // A key of a table is written without quotes where it may be.
  (/^\w+$/.test(name) && new RegExp(`^ *${name}: `, "m").test(tests));

test("every test that the page names exists", () => {
  const named = [...page.matchAll(/“([^”]+)”/g)].map(([, name]) => name);
  assert.ok(named.length > 80, `${named.length} names`);
  assert.deepEqual(
    named.filter((name) => !exists(name)),
    [],
  );
});

test("a test that is not there would be missed", () => {
  assert.equal(exists(["a reload", "that nobody", "has tested"].join(" ")), false);
});

test("each of the forty-nine complaints is on the page once", () => {
  const numbers = [...page.matchAll(/^\| (\d+)(?:–(\d+))? \|/gm)].flatMap(([, first, last = first]) =>
    Array.from({ length: last - first + 1 }, (_, n) => Number(first) + n),
  );
  assert.deepEqual(
    numbers.sort((a, b) => a - b),
    Array.from({ length: 49 }, (_, n) => n + 1),
  );
});
