import { build } from "esbuild";
import { root } from "../run.mjs";

/** A page's script as a bundler ships it: its `text`, and the `parts` it is made of by their path. */
export async function bundle(contents, plugins = []) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
    metafile: true,
    logLevel: "silent",
    plugins,
  });
  const [{ inputs: parts }] = Object.values(metafile.outputs);
  return { text: outputFiles[0].contents, parts };
}
