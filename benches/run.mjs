/** `npm run bench`: installs the pinned peers when they are not there, then measures. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const lock = readFileSync(here("package-lock.json"), "utf8");
const installed = here("node_modules/.installed-lock.json");
if (!existsSync(installed) || readFileSync(installed, "utf8") !== lock) {
  process.stdout.write("installing the peers, as pinned in benches/package-lock.json\n");
  const { status } = spawnSync("npm", ["ci", "--ignore-scripts"], {
    cwd: here("."),
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (status !== 0) process.exit(status ?? 1);
  writeFileSync(installed, lock);
}

await import("./harness/main.mjs");
