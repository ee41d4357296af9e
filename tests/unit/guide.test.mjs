// Every TypeScript snippet of the guide and the README compiles against the published types.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import ts from "typescript";

const root = join(import.meta.dirname, "../..");
// Inside the repository, so that `import "portcullis"` finds the package by its own name, and where Git, the linter
// and the test that reads all of tests/ do not look.
mkdirSync(join(root, "target"), { recursive: true });
const folder = mkdtempSync(join(root, "target/snippets-"));
after(() => rmSync(folder, { recursive: true }));

/** The snippets of a page, each with the line it begins at; a first-line comment `// name.ts` names the file. */
function snippets(page) {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code], index) => ({
    code,
    page,
    line: text.slice(0, text.indexOf(code)).split("\n").length,
    file: /^\/\/ ([\w-]+\.ts)$/m.exec(code)?.[1] ?? `${page.replace(/\W/g, "-")}-${index}.ts`,
  }));
}

function problems(files) {
  const program = ts.createProgram(files, {
    lib: [
      "lib.es2023.d.ts",
      "lib.dom.d.ts",
      "lib.dom.iterable.d.ts",
      "lib.dom.asynciterable.d.ts",
      "lib.esnext.disposable.d.ts",
    ],
    module: ts.ModuleKind.NodeNext,
    noEmit: true,
    // Declarations of schema libraries may ask for types of Node that a page has not.
    skipLibCheck: true,
    strict: true,
    target: ts.ScriptTarget.ES2022,
    types: [],
  });
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line : 0;
    return { file: file?.fileName ?? "", line, text: ts.flattenDiagnosticMessageText(messageText, "\n") };
  });
}

test("every snippet of the guide compiles", () => {
  const all = snippets("docs/guide.md");
  assert.ok(all.length > 15, "the guide has snippets");
  for (const { file, code } of all) writeFileSync(join(folder, file), `${code}\nexport {};\n`);
  const found = problems(all.map(({ file }) => join(folder, file)));
  assert.deepEqual(
    found.map(({ file, line, text }) => {
      const at = all.find((snippet) => file.endsWith(`/${snippet.file}`));
      return at ? `${at.page}:${at.line + line} ${text}` : `${file}:${line} ${text}`;
    }),
    [],
  );
});

test("a wrong argument in a snippet would be seen", () => {
  const file = join(folder, "wrong.ts");
  writeFileSync(file, 'import { connect } from "portcullis";\nawait connect(3, {});\n');
  assert.equal(problems([file]).length, 1);
});
