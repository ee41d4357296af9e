/** Every relative link in the Markdown files leads to a file, and its fragment to a heading there. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { projectFiles, root } from "./run.mjs";

const files = projectFiles("*.md");
const broken = files.flatMap((file) =>
  links(text(file))
    .map((link) => ({ link, fault: fault(file, link) }))
    .filter(({ fault }) => fault)
    .map(({ link, fault }) => `${file}: ${link}: ${fault}`),
);
for (const line of broken) console.error(line);
console.log(`${files.length} Markdown files, ${broken.length} broken links`);
process.exit(broken.length > 0 ? 1 : 0);

function text(file) {
  return readFileSync(join(root, file), "utf8").replaceAll(/^(```+)[\s\S]*?^\1/gm, "");
}

function links(markdown) {
  const inline = markdown.replaceAll(/`[^`\n]*`/g, "").matchAll(/\]\(<?([^)\s>]+)>?(?: "[^"]*")?\)/g);
  const referenced = markdown.matchAll(/^\[[^\]]+\]: *(\S+)/gm);
  return [...inline, ...referenced].map(([, link]) => link);
}

function fault(file, link) {
  if (/^[a-z][a-z+.-]*:/i.test(link)) return URL.canParse(link) ? undefined : "not a URL";
  const [path, fragment] = link.split("#");
  const goal = path === "" ? file : normalize(join(dirname(file), decodeURI(path)));
  if (!existsSync(join(root, goal))) return "no such file";
  if (fragment === undefined || !goal.endsWith(".md")) return undefined;
  return anchors(text(goal)).has(fragment) ? undefined : "no such heading";
}

/** The names that Markdown renderers give to headings; a repeated one gets a number. */
function anchors(markdown) {
  const seen = new Map();
  const names = new Set([...markdown.matchAll(/<a (?:id|name)="([^"]+)"/g)].map(([, name]) => name));
  for (const [, heading] of markdown.matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
    const name = heading
      .replaceAll(/[`*]|\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-");
    const times = seen.get(name) ?? 0;
    seen.set(name, times + 1);
    names.add(times === 0 ? name : `${name}-${times}`);
  }
  return names;
}
