/**
 * Measures what a page loads, brotli, and fails above the budgets of tests/sizes.json. A budget keeps what
 * was reached; where that is above the goal, the goal stands beside it until it is reached.
 *
 *   npm run size                  the table, and what each capability costs
 *   npm run size -- --update      writes the sizes measured into tests/sizes.json
 *   npm run size -- --parts       where the bytes of each page come from
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotli } from "./brotli.mjs";
import { root } from "./run.mjs";
import { capabilities } from "./size/capabilities.mjs";
import { bundle } from "./size/page.mjs";

const connects = (entry) => `
  import { connect } from "${entry}";
  connect(window.parent, { allowedOrigins: "https://host.example" }).then(({ remote }) => remote.add(1, 2));`;

const asks = (entry) => `
  import { beacon, corsFetch, jsonp } from "${entry}";
  beacon("/seen"); corsFetch("/data"); jsonp("/old");`;

/** What each page does, the module it fetches beside its script, and the page over which it is counted or bounded. */
const PAGES = {
  slim: {
    source: `import { init } from "portcullis/slim"; init(fetch("channel.wasm"));${connects("portcullis/slim")}`,
    wasm: "channel.wasm",
  },
  default: { source: connects("portcullis") },
  "no-wasm": { source: connects("portcullis/no-wasm"), within: [1.15, "default"] },
  requests: { source: asks("portcullis/requests") },
  "requests/no-wasm": { source: asks("portcullis/requests/no-wasm") },
  storage: {
    source: `${connects("portcullis")}
      import { openStorage } from "portcullis/storage"; openStorage("/hub").then(({ get }) => get("key"));`,
    beyond: "default",
  },
  "storage hub": {
    source: `${connects("portcullis")}
      import { serveStorage } from "portcullis/storage"; serveStorage({ grants: [] });`,
    beyond: "default",
  },
  // By itself: the page has a channel entry beside it.
  inspector: { source: 'import { inspect } from "portcullis/inspector"; inspect(channel);' },
};

const file = join(root, "tests/sizes.json");
const sizes = JSON.parse(readFileSync(file, "utf8"));
const rows = [];
for (const [name, page] of Object.entries(PAGES)) {
  const script = await pageBytes(name, page.source).catch((error) => console.error(error.message));
  if (script === undefined) continue;
  const wasm = page.wasm ? brotli(readFileSync(join(root, "dist", page.wasm))) : 0;
  const totalOf = (other) => rows.find((row) => row.name === other)?.total ?? 0;
  const before = totalOf(page.beyond);
  const total = script - before + wasm;
  const [factor, other] = page.within ?? [];
  const bound = other ? factor * totalOf(other) : Number.POSITIVE_INFINITY;
  rows.push({ name, script: script - before, wasm, total, bound });
}

let failed = Object.keys(PAGES).length - rows.length;
console.log("page              script   wasm   total  budget    goal  change");
for (const { name, script, wasm, total, bound } of rows) {
  const { budget, goal, measured } = sizes[name];
  const over = total > budget || total > bound;
  if (over) failed += 1;
  const change = measured === 0 ? "new" : total - measured;
  const cells = [script, wasm, total, budget, goal, change].map((cell) => String(cell).padStart(6));
  console.log(`${name.padEnd(16)}  ${cells.join("  ")}${over ? "  TOO LARGE" : ""}`);
  sizes[name].measured = total;
}
console.log("\nwhat each capability costs the default page; with + it is paid only where it is imported");
for (const [what, bytes] of await capabilities(PAGES.default.source)) {
  console.log(`${String(bytes).padStart(6)}  ${what}`);
}
console.log(`\n${Object.keys(PAGES).length - failed} passed, ${failed} failed`);
if (process.argv.includes("--update")) {
  const lines = Object.entries(sizes).map(
    ([name, size]) => `  "${name}": ${JSON.stringify(size, null, 1).replaceAll(/\n */g, " ")}`,
  );
  writeFileSync(file, `{\n${lines.join(",\n")}\n}\n`);
}
process.exitCode = failed > 0 ? 1 : 0;

async function pageBytes(name, contents) {
  const { text, parts } = await bundle(contents);
  if (process.argv.includes("--parts")) {
    console.log(`${name}, minified bytes:`);
    for (const [path, { bytesInOutput }] of Object.entries(parts).sort(
      ([, a], [, b]) => b.bytesInOutput - a.bytesInOutput,
    ))
      console.log(`${String(bytesInOutput).padStart(8)}  ${path}`);
  }
  return brotli(text);
}
