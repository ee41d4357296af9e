import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { run } from "../../tools/run.mjs";

/** Packs the package and installs the tarball into a new project, as a user does. */
export function unpack() {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "portcullis-user-")));
  const [{ filename }] = JSON.parse(run("npm", ["pack", "--json", `--pack-destination=${folder}`]));
  const tarball = join(folder, filename);
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name: "user", private: true, type: "module" }),
  );
  run("npm", ["install", "--offline", "--no-package-lock", "--no-audit", "--no-fund", tarball], {
    cwd: folder,
  });
  return {
    folder,
    tarball,
    /** Writes files of the project, by path. */
    write(files) {
      for (const [path, content] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), content);
      }
    },
    /** Runs a module in the project and gives what it printed. */
    node(source) {
      writeFileSync(join(folder, "run.mjs"), source);
      return execFileSync(process.execPath, ["run.mjs"], { cwd: folder, encoding: "utf8", timeout: 120_000 });
    },
    remove() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
