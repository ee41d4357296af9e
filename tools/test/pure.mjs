/** The pure features bring no other crate, so nothing under them can reach a clock or a browser. */
import { run } from "../run.mjs";

const tree = run("cargo", [
  "tree",
  "--package=portcullis",
  "--no-default-features",
  "--features=channel,requests,storage",
  "--edges=normal,build",
  "--target=all",
  "--prefix=none",
]);
const crates = tree.trim().split("\n");
if (crates.length > 1) {
  console.error(`The pure features pull in ${crates.slice(1).join(", ")}`);
  process.exit(1);
}
console.log("channel, requests and storage depend on no crate");
