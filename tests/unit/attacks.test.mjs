// The book of attacks is whole, and docs/security.md says the same. That each case runs and passes in every engine
// is checked by the end-to-end run itself.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { ATTACKS, judged, table, tableIn } from "../e2e/attacks.mjs";
import { suites } from "../e2e/suite.mjs";

test("T01 to T46 each have a case and a twin, in suites that exist", () => {
  const ids = Array.from({ length: 46 }, (_, at) => `T${String(at + 1).padStart(2, "0")}`);
  assert.deepEqual(Object.keys(ATTACKS), ids);
  const known = suites().map(({ name }) => name);
  for (const [id, { cases, twin }] of Object.entries(ATTACKS)) {
    assert.ok(cases.length > 0, `${id} has a case`);
    assert.ok(twin === "itself" || twin.case, `${id} has a twin`);
    for (const { suite } of twin === "itself" ? cases : [...cases, twin]) {
      assert.ok(known.includes(suite), `${id}: there is a suite ${suite}`);
    }
  }
});

test("the table of docs/security.md is the one that node tests/e2e/attacks.mjs writes", () => {
  const text = readFileSync(new URL("../../docs/security.md", import.meta.url), "utf8");
  assert.equal(tableIn(text), table());
});

test("an attack is judged by every case of it: what failed and what did not run are told", () => {
  const [{ suite, case: name }] = ATTACKS.T01.cases;
  const outcome = { engine: "chromium", suite, name, passed: true };
  const wrong = (outcomes) => judged(outcomes, ["chromium"])[0].results[0].wrong.map(({ why }) => why);
  assert.deepEqual(wrong([outcome]), []);
  assert.deepEqual(wrong([{ ...outcome, passed: false }]), ["failed"]);
  assert.deepEqual(wrong([{ ...outcome, engine: "webkit" }]), ["did not run"]);
  assert.deepEqual(wrong([{ ...outcome, name: "another" }]), ["did not run"]);
});
