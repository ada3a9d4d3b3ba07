// Bundle index.js and widgets.css into ../static (or into the folder given as argument).
// The output depends on the sources and the pinned esbuild alone, so that a test can rebuild and compare.

import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

await build({
  absWorkingDir: here("."),
  entryPoints: [{ in: "index.js", out: "widgets" }, { in: "widgets.css", out: "widgets" }],
  outdir: process.argv[2] ?? here("../static"),
  bundle: true,
  format: "esm",
  minify: true,
  charset: "utf8",
  target: ["chrome123", "firefox121", "safari17.5"],
  legalComments: "none",
  logLevel: "warning",
});
