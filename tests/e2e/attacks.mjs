// The attacks T01 to T46 and the cases that show each of them.
//
//   node tests/e2e/attacks.mjs      writes the table of docs/security.md anew
//
// attacks.json names, for each attack, its cases and its twin: the case in which the same is allowed and works, or
// "itself" where the case holds both. A name may begin or end with `*`.

import { readFileSync, writeFileSync } from "node:fs";
import { ROOT } from "./server.mjs";

export const ATTACKS = JSON.parse(readFileSync(`${ROOT}tests/e2e/attacks.json`, "utf8"));

/** All cases of an attack, its twin included. */
const casesOf = ({ cases, twin }) => (twin === "itself" ? cases : [...cases, twin]);

const named = Object.values(ATTACKS).flatMap(casesOf);

/** Whether a case of this suite shows an attack; without a name, whether any does. */
export function showsAttack(suite, name) {
  return named.some((row) => row.suite === suite && (name === undefined || fits(row.case, name)));
}

function fits(pattern, name) {
  if (pattern.startsWith("*")) return name.endsWith(pattern.slice(1));
  if (pattern.endsWith("*")) return name.startsWith(pattern.slice(0, -1));
  return name === pattern;
}

/**
 * What the cases said about each attack. `outcomes`: rows of engine, suite, name and whether it passed.
 * A row of the answer: the attack's number and text, and for each engine what is wrong with it.
 */
export function judged(outcomes, engines) {
  return Object.entries(ATTACKS).map(([id, attack]) => {
    const results = engines.map((engine) => {
      const wrong = casesOf(attack).flatMap((row) => {
        const ran = outcomes.filter(
          (outcome) =>
            outcome.engine === engine && outcome.suite === row.suite && fits(row.case, outcome.name),
        );
        if (ran.length === 0) return [{ ...row, why: "did not run" }];
        return ran
          .filter(({ passed }) => !passed)
          .map(({ suite, name }) => ({ suite, case: name, why: "failed" }));
      });
      return { engine, wrong };
    });
    return { id, text: attack.attack, results };
  });
}

/** The table of docs/security.md. */
export function table() {
  const rows = Object.entries(ATTACKS).map(([id, { attack, cases, twin, also }]) => {
    const shown = cases.map(inWords).join(", ");
    const allowed = twin === "itself" ? "in the case" : inWords(twin);
    return `| ${id} | ${attack} | ${shown} | ${allowed} | ${also ?? ""} |`.replace("|  |", "| |");
  });
  return ["| | attack | shown by | its twin | beside that |", "|---|---|---|---|---|", ...rows].join("\n");
}

function inWords({ suite, case: name }) {
  const where = `\`${suite.replace(/:.*/, "")}\``;
  if (name.startsWith("*")) return `${where}: all that end in “${name.slice(1)}”`;
  if (name.endsWith("*")) return `${where}: all that begin with “${name.slice(0, -1).trim()}”`;
  return `${where}: “${name}”`;
}

/** The table as it stands in this text. */
export function tableIn(text) {
  return text.match(/^\| \| attack \|.*\n(?:\|.*\n)+/m)?.[0].trimEnd();
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const path = `${ROOT}docs/security.md`;
  const text = readFileSync(path, "utf8");
  writeFileSync(
    path,
    text.replace(tableIn(text), () => table()),
  );
}
