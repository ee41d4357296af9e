import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../run.mjs";

const node = process.execPath;
const wasm = "--target=wasm32-unknown-unknown";
const slice = (name) => [wasm, "--no-default-features", `--features=${name},js`];
const web = [wasm, "--no-default-features", "--features=web,serde"];
const deny = ["--", "-D", "warnings"];
const browserTests = (driver) => [
  "cargo",
  ["test", ...web, "--test=browser"],
  {
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: "wasm-bindgen-test-runner",
    // Seconds. A driver has five by itself, and a page twenty: too few for a machine that does much else.
    WASM_BINDGEN_TEST_DRIVER_TIMEOUT: "120",
    WASM_BINDGEN_TEST_TIMEOUT: "300",
    ...driver,
  },
  // A browser that ended at its start has said nothing of the tests.
  (output) => output.includes("Running headless tests") && !/^running \d+ test/m.test(output),
];
const script = (name) => ["npm", ["run", "--silent", name]];
const tool = (name, ...args) => [node, [`node_modules/${bin(name)}`, ...args]];

/**
 * The stages of `npm test` in their order: cheap and telling ones first. A command is a program, its
 * arguments, what it needs in its environment, and whether a failed run has said so little, by its output,
 * that it is done once more.
 */
export const stages = [
  {
    name: "format and lint",
    quick: true,
    commands: [["cargo", ["fmt", "--all", "--check"]], tool("@biomejs/biome", "ci", "--colors=off")],
  },
  {
    name: "clippy",
    quick: true,
    commands: [["cargo", ["clippy", "--workspace", "--all-targets", ...deny]]],
  },
  {
    name: "clippy for wasm",
    commands: [
      ["cargo", ["clippy", ...web, "--all-targets", ...deny]],
      ["cargo", ["clippy", ...slice("channel"), ...deny]],
      ["cargo", ["clippy", ...slice("requests"), ...deny]],
      ["cargo", ["clippy", ...slice("rules"), ...deny]],
      ["cargo", ["clippy", ...slice("storage"), ...deny]],
    ],
  },
  {
    name: "pure features stand alone",
    quick: true,
    commands: [[node, ["tools/test/pure.mjs"]]],
  },
  {
    name: "native tests",
    quick: true,
    // The properties are tried on the same values in every run: a search that may find something new has no place here.
    commands: [["cargo", ["nextest", "run", "--workspace"], { PROPTEST_RNG_SEED: "1" }]],
  },
  { name: "doc tests", commands: [["cargo", ["test", "--doc", "--workspace"]]] },
  {
    name: "browser layer in Chromium",
    commands: [browserTests({ CHROMEDRIVER: "chromedriver" })],
  },
  {
    name: "browser layer in Firefox",
    // Without its own port for the other protocol two of them on one machine would meet at 9222.
    commands: [browserTests({ GECKODRIVER: "geckodriver", GECKODRIVER_ARGS: "--websocket-port=0" })],
  },
  { name: "build", quick: true, commands: [[node, ["www/build.mjs"]]] },
  { name: "unit tests", quick: true, commands: unitTests() },
  { name: "types", quick: true, commands: [tool("typescript", "-p", "tests/types")] },
  { name: "size", quick: true, commands: [[node, ["tools/size.mjs"]]] },
  { name: "package", commands: [[node, ["tests/package/run.mjs"]]] },
  { name: "same bytes in every checkout", commands: [[node, ["tools/reproduce.mjs"]]] },
  // All attacks are among its cases (`npm run test:attacks`), and it checks that none was left out.
  { name: "end to end", commands: [[node, ["tests/e2e/run.mjs"]]] },
  ...["test:model", "fuzz:smoke"]
    .filter((name) => name in manifest().scripts)
    .map((name) => ({ name, commands: [script(name)] })),
  {
    name: "documentation",
    commands: [
      ["cargo", ["doc", "--workspace", "--no-deps"], { RUSTDOCFLAGS: "-D warnings" }],
      ["cargo", ["doc", ...web, "--no-deps"], { RUSTDOCFLAGS: "-D warnings" }],
      [node, ["tools/links.mjs"]],
      [node, ["tools/quotes.mjs"]],
    ],
  },
  { name: "audit", commands: [script("audit")] },
];

function manifest() {
  return JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
}

/** Where a package keeps its only program; known here because nothing may be installed yet. */
function bin(name) {
  return { "@biomejs/biome": "@biomejs/biome/bin/biome", typescript: "typescript/bin/tsc" }[name];
}

function unitTests() {
  const folder = join(root, "tests/unit");
  const files = existsSync(folder)
    ? readdirSync(folder, { recursive: true }).filter((file) => file.endsWith(".test.mjs"))
    : [];
  return [[node, ["--test", ...files.sort().map((file) => `tests/unit/${file}`)]]];
}
