/**
 * `npm start`: installs what is missing, builds, and starts the playground on real origins.
 *
 *   npm start -- --no-open --port 9000    what follows is for the server, but for --no-open
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { installBuildTools } from "./install.mjs";
import { root, run } from "./run.mjs";

installBuildTools();
console.log("Building the package ...");
run(process.execPath, ["www/build.mjs"], { stdio: "inherit" });

const flags = process.argv.slice(2).filter((flag) => flag !== "--no-open");
const server = spawn(
  "cargo",
  ["run", "--quiet", "--package=portcullis-playground", "--", "--https", ...flags],
  {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  },
);
// An end from outside is the server's end too; Ctrl-C reaches it by itself.
process.on("SIGTERM", () => server.kill());
process.on("SIGINT", () => {});
server.on("error", (error) => {
  console.error(`portcullis: cannot start the server: ${error.message}`);
  process.exitCode = 1;
});
server.on("exit", (code) => {
  process.exitCode ??= code ?? 0;
});

// The first line says where it listens.
createInterface({ input: server.stdout }).once("line", (line) => {
  const address = `http://host.localhost:${JSON.parse(line).port}/`;
  console.log(`\nPortcullis runs at ${address}\nStop it with Ctrl-C.`);
  if (!process.argv.includes("--no-open")) open(address);
});

/** Opens a browser where there is a screen for it; the address was printed anyway. */
function open(address) {
  const [program, ...args] =
    {
      darwin: ["open"],
      win32: ["cmd", "/c", "start", ""],
      linux: process.env.DISPLAY || process.env.WAYLAND_DISPLAY ? ["xdg-open"] : [],
    }[process.platform] ?? [];
  if (!program) return;
  spawn(program, [...args, address], { stdio: "ignore", detached: true })
    .on("error", () => {})
    .unref();
}
