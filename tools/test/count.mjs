import { stripVTControlCharacters } from "node:util";

/** How each runner says what passed and failed; a runner may say it more than once. */
const REPORTS = [
  // cargo test and wasm-bindgen-test
  /^test result: .*?(?<passed>\d+) passed; (?<failed>\d+) failed;/gm,
  // cargo nextest; it leaves out what is zero, and counts a test that ran out of time apart
  /^ +Summary \[.*\] +\d+ tests? run: (?:(?<passed>\d+) passed)?[^,\n]*(?:, (?<failed>\d+) failed)?(?:, (?<timedOut>\d+) timed out)?/gm,
  // node --test
  /^(?:# |\u2139 )pass (?<passed>\d+)\n(?:# |\u2139 )fail (?<failed>\d+)$/gm,
  // this repository's own
  /^(?<passed>\d+) passed, (?<failed>\d+) failed$/gm,
];

/**
 * Counts the tests that a command ran. A command that reports none is one test itself, and one that
 * fails without naming a failed test has one more: no failure gets lost.
 */
export function count({ output, succeeded }) {
  const text = stripVTControlCharacters(output);
  const found = REPORTS.flatMap((report) => [...text.matchAll(report)]);
  let passed = 0;
  let failed = 0;
  for (const { groups } of found) {
    passed += Number(groups.passed ?? 0);
    failed += Number(groups.failed ?? 0) + Number(groups.timedOut ?? 0);
  }
  if (succeeded && found.length === 0) passed = 1;
  if (!succeeded && failed === 0) failed = 1;
  return { passed, failed };
}
