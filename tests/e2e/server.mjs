// The playground server as the tests run it: real origins, test pages, counters.

import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";

/** The repository. */
export const ROOT = new URL("../../", import.meta.url).pathname;

/** Where the test pages are, seen from a browser. */
export const PAGES = "/pages/e2e/pages";

/** Builds the server if that is needed and starts it on free ports. */
export async function startServer() {
  const target = process.env.CARGO_TARGET_DIR ?? `${ROOT}target`;
  const build = spawnSync("cargo", ["build", "--quiet", "--locked", "-p", "portcullis-playground"], {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (build.status !== 0) throw new Error("the playground server does not build");
  const argv = ["--root", ROOT, "--tests", `${ROOT}tests`, "--port", "0", "--extra-ports", "2", "--https"];
  const child = spawn(`${target}/debug/portcullis-playground`, [...argv, "--until-stdin-closes"], {
    cwd: ROOT,
    stdio: ["pipe", "pipe", "inherit"],
  });
  // It writes nothing more than this line; the pipe to its input ends it with us.
  const first = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    child.once("exit", (code) => reject(new Error(`the playground server ended with ${code}`)));
  });
  const { ports, https } = JSON.parse(first);
  return { ports, https, url: `http://host.localhost:${ports[0]}`, stop: () => child.kill() };
}
