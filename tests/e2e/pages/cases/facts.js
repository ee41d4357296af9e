// One probe for each row of engine_facts.json, so that a browser that changed fails by the fact's name.

import { probes } from "../probes.js";

export const needs = "nothing";

export function list({ facts }) {
  const rows = Object.keys(facts).filter((id) => facts[id].by !== "driver");
  const ids = new Set([...rows, ...Object.keys(probes)]);
  return Object.fromEntries([...ids].map((id) => [`${id}: ${facts[id]?.what ?? "no row"}`, check(id)]));
}

function check(id) {
  return async (t) => {
    t.ok(probes[id], `the fact ${id} has a probe`);
    t.same(await probes[id](t), t.fact(id), id);
  };
}
