/**
 * What each capability costs a page, brotli. What a page imports beside `connect` is measured by importing it;
 * what every channel holds, by taking its modules out of the bundle.
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { brotli } from "../brotli.mjs";
import { bundle } from "./page.mjs";

/** By what a page may import beside `connect`. */
const IMPORTED = {
  createHub: ["createHub", "portcullis"],
  openPopup: ["openPopup", "portcullis"],
  "introduce, acceptIntroduction": ["introduce, acceptIntroduction", "portcullis"],
  transfer: ["transfer", "portcullis"],
  release: ["release", "portcullis"],
  inspector: ["inspect", "portcullis/inspector"],
  "storage: openStorage": ["openStorage", "portcullis/storage"],
  "storage: serveStorage": ["serveStorage", "portcullis/storage"],
};

/** Modules of dist/internal by what they are for. */
const HELD = {
  "calls made": ["calls"],
  "calls served, authorize": ["server"],
  "values, transfers, errors": ["values", "bodies", "path", "thrown", "reason"],
  "functions and signals": ["live"],
  streams: ["streams"],
  "events, retain, replay": ["topics"],
  schemas: ["schema"],
  "handshake, reconnect, every kind of peer": ["greeter", "gate", "rooms", "page", "ports"],
  "allow-lists": ["patterns"],
  "words for refusals and closures": ["causes", "report"],
};

/** Rows of [what, bytes], for a page that does `source`. */
export async function capabilities(source) {
  const alone = await size(source);
  const rows = [];
  for (const [what, modules] of Object.entries(HELD))
    rows.push([what, alone - (await size(source, modules))]);
  for (const [what, [names, from]] of Object.entries(IMPORTED)) {
    rows.push([
      `+ ${what}`,
      (await size(`${source}\nimport { ${names} } from "${from}"; use(${names});`)) - alone,
    ]);
  }
  return rows;
}

async function size(contents, without = []) {
  const hollow = {
    name: "hollow",
    setup({ onLoad }) {
      onLoad({ filter: /dist[\\/]internal[\\/]\w+\.js$/ }, ({ path }) =>
        without.includes(basename(path, ".js")) ? { contents: shell(readFileSync(path, "utf8")) } : undefined,
      );
    },
  };
  return brotli((await bundle(contents, [hollow])).text);
}

/** A module of the same names with nothing behind them. */
function shell(source) {
  const named = [...source.matchAll(/^export (?:async )?(?:class|function|const|let) (\w+)/gm)].map(
    ([, name]) => name,
  );
  const listed = [...source.matchAll(/^export \{([^}]*)\}/gm)].flatMap(([, names]) =>
    names.split(",").map((name) => name.trim().split(/ as /).pop()),
  );
  const all = [...named, ...listed].filter(Boolean);
  return `const nothing = globalThis.nothing;\nexport { ${all.map((name) => `nothing as ${name}`).join(", ")} };`;
}
