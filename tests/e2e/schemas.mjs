// Bundles the schema libraries for the pages that use them.

import { buildSync } from "esbuild";
import { ROOT } from "./server.mjs";

/** Builds the schemas into pages/generated. */
export function buildSchemas() {
  buildSync({
    entryPoints: [`${ROOT}tests/schemas.mjs`],
    outfile: `${ROOT}tests/e2e/pages/generated/schemas.js`,
    bundle: true,
    format: "esm",
    logLevel: "warning",
  });
}
