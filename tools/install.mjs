/**
 * Installs what building and testing need and is not there yet. When all is there it only looks, which
 * takes about a second. Uses nothing but Node itself: it runs before there are any packages.
 *
 *   node tools/install.mjs            everything that `npm test` needs
 *   node tools/install.mjs --build    only what `npm start` and `npm run build` need
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./run.mjs";

// Where Cargo and Debian put what is installed; not everybody's shell looks there.
for (const folder of [join(process.env.CARGO_HOME ?? join(homedir(), ".cargo"), "bin"), "/usr/sbin"]) {
  if (!process.env.PATH.split(delimiter).includes(folder)) process.env.PATH += delimiter + folder;
}

/** The versions that these tests were written with: a newer one may want a newer compiler, or say it otherwise. */
const TOOLS = { "cargo-nextest": "0.9.143", "cargo-deny": "0.20.2", geckodriver: "0.37.1" };

/** Debian's package for each program that tests start. */
const SYSTEM = {
  chromium: "chromium",
  chromedriver: "chromium-driver",
  "firefox-esr": "firefox-esr",
  WebKitWebDriver: "webkit2gtk-driver",
  Xvfb: "xvfb",
  nginx: "nginx-light",
};
/** Without any font, text has no size and a click has no place. */
const FONT = { path: "/usr/share/fonts/truetype/dejavu", package: "fonts-dejavu-core" };

const ATTEMPTS = 3;
const PAUSE_MS = 10_000;

/** What `npm run build` and `npm start` need. */
export function installBuildTools() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    stop(`Node ${process.versions.node} is too old: install 20.19 or newer`);
  }
  if (!answer("cargo", ["--version"])) stop("Rust is missing: install it with rustup, https://rustup.rs");

  const library = answer("rustc", ["--print=target-libdir", "--target=wasm32-unknown-unknown"]);
  if (!library || !existsSync(library)) {
    install("the wasm target of Rust", "rustup", ["target", "add", "wasm32-unknown-unknown"]);
  }

  // The command-line tool must be exactly as old as the library.
  const version = locked("wasm-bindgen");
  for (const tool of ["wasm-bindgen", "wasm-bindgen-test-runner"]) {
    if (answer(tool, ["--version"])?.split(" ")[1] === version) continue;
    // Not `--locked`: the lock file of 0.2.130 names a crate that was taken back.
    install(`wasm-bindgen ${version}`, "cargo", [
      "install",
      "--force",
      "wasm-bindgen-cli",
      `--version=${version}`,
    ]);
    break;
  }

  if (!npmPackagesAreThere()) install("the npm packages", "npm", ["ci", "--include=dev"]);
}

/** What `npm test` needs beyond that. */
export function installTestTools() {
  installBuildTools();
  for (const component of ["rustfmt", "clippy"]) {
    if (!answer(`cargo-${component.replace("rust", "")}`, ["--version"])) {
      install(component, "rustup", ["component", "add", component]);
    }
  }
  for (const [tool, version] of Object.entries(TOOLS)) {
    if (onPath(tool)) continue;
    const what = `${tool} (built from source: some minutes)`;
    install(what, "cargo", ["install", "--locked", tool, `--version=${version}`]);
  }

  const missing = Object.keys(SYSTEM).filter((program) => !onPath(program));
  const packages = missing.map((program) => SYSTEM[program]);
  if (!existsSync(FONT.path)) packages.push(FONT.package);
  if (packages.length === 0) return;
  if (!onPath("apt-get")) {
    stop(`these programs are missing: ${missing.join(", ")}. Debian calls them ${packages.join(" ")}`);
  }
  const asRoot = process.getuid?.() === 0 ? [] : ["sudo"];
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...args) => {
    // Another one may be at work, as after the start of a machine: its lock is waited for.
    const [program, ...rest] = [...asRoot, "apt-get", "--option=DPkg::Lock::Timeout=300", ...args];
    install(`${packages.join(", ")} (${args[0]})`, program, rest, env);
  };
  apt("update", "--quiet");
  apt("install", "--yes", "--quiet", "--no-install-recommends", ...packages);
}

/** The version of a crate in Cargo.lock. */
function locked(crate) {
  const lock = readFileSync(join(root, "Cargo.lock"), "utf8");
  const found = lock.match(new RegExp(`name = "${crate}"\nversion = "([^"]+)"`));
  if (!found) stop(`Cargo.lock names no ${crate}`);
  return found[1];
}

/** Compares the lock file with the one that npm keeps of what it has installed. */
function npmPackagesAreThere() {
  const kept = join(root, "node_modules/.package-lock.json");
  if (!existsSync(kept)) return false;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const there = JSON.parse(readFileSync(kept, "utf8")).packages;
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === "" || (there[path] ? there[path].version === version : optional),
  );
}

function onPath(program) {
  return process.env.PATH.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** What a program prints, or nothing when it is not there or fails. */
function answer(program, args) {
  const { status, stdout } = spawnSync(program, args, { cwd: root, encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

/** Runs an installer; again after a while if it fails, as a registry may be out of reach for a moment. */
function install(what, program, args, env = {}) {
  for (let attempt = 1; ; attempt += 1) {
    console.log(`Installing ${what}: ${program} ${args.join(" ")}`);
    const { status, error } = spawnSync(program, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ["ignore", "inherit", "inherit"],
    });
    if (status === 0) return;
    if (error || attempt === ATTEMPTS) {
      stop(`could not install ${what}${error ? `: ${error.message}` : ""}`);
    }
    console.log(`That failed. Once more in ${(attempt * PAUSE_MS) / 1000} s`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, attempt * PAUSE_MS);
  }
}

function stop(message) {
  console.error(`portcullis: ${message}`);
  process.exit(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes("--build")) installBuildTools();
  else installTestTools();
}
