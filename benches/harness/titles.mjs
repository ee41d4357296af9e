import { cases } from "./cases.mjs";

/** The title of a case as it stands in results: `idle-20` and `memory-host` belong to cases of their own tables. */
export function titles(name) {
  const known = cases.find((test) => test.name === name);
  if (known) return known.title;
  const [, beside] = /^idle-(\d+)$/.exec(name) ?? [];
  if (beside) return `Lone call beside ${beside} idle channel${beside === "1" ? "" : "s"}`;
  if (name === "memory-host") return "Heap of the host page per idle channel";
  return name;
}
