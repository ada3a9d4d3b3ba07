/*
 * Build ../static (or the folder given as argument) from the kit here and from every folder under
 * ../widgets, found by itself. The output depends on the sources and the pinned esbuild alone, so that
 * a test can rebuild and compare.
 *
 *   kit.js, kit.css       the shared kit (`__kit`), its controls and the palette
 *   host.js               what mounts widgets in a page without a kernel, the kit inside it as a string
 *   <kind>.js, .css       one widget: an ES module that is whole once kit.js stands before it; what it
 *                         imports from a shared room (a folder whose name begins with _) is inside it
 *   <kind>.json           its words that are plain data (label, caption, presets, readouts), for Python
 */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const out = process.argv[2] ?? here("../static");
const target = ["chrome123", "firefox121", "safari17.5"];
const common = { minify: true, charset: "utf8", target, legalComments: "none", logLevel: "warning" };
const bundle = { ...common, bundle: true, write: false };
const write = (name, text) => writeFileSync(join(out, name), text);
mkdirSync(out, { recursive: true });

/** One JavaScript text from a module that is given as source. */
const script = async (contents, resolveDir, options) => {
  const done = await build({ ...bundle, stdin: { contents, resolveDir }, format: "esm", ...options });
  return done.outputFiles[0].text;
};
const style = async (text) => (await transform(text, { ...common, loader: "css" })).code;
/** A style sheet with what it imports. */
const sheet = async (path) => (await build({ ...bundle, entryPoints: [path] })).outputFiles[0].text;

// -- the kit ---------------------------------------------------------------------------------------

const kit = await script('export * from "./index.js";', here("."), { format: "iife", globalName: "__kit" });
const names = Object.keys(await import("./index.js"));
/** In a widget, "#kit" is what kit.js left in `__kit`; words are read with the kit itself. */
const fromKit = {
  name: "kit",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^#kit$/ }, () => ({ path: "#kit", namespace: "kit" }));
    onLoad({ filter: /.*/, namespace: "kit" }, () => ({
      contents: `export const { ${names.join(", ")} } = __kit;`,
    }));
  },
};

const palette = Object.entries(JSON.parse(readFileSync(here("../palette.json"), "utf8")))
  .map(([name, [light, dark]]) => `--iw-${name}: ${light === dark ? light : `light-dark(${light}, ${dark})`};`);
write("kit.js", kit);
write("kit.css", await style([
  readFileSync(here("tokens.css"), "utf8"),
  `.iw, .inception-widget { ${palette.join(" ")} }`,
  readFileSync(here("controls.css"), "utf8"),
].join("\n")));
const host = (await transform(readFileSync(here("host.js"), "utf8"), common)).code;
// A function, since "$" in the text would mean something in a string.
write("host.js", host.replace("__KIT__", () => inScript(kit)));

/** A text as a string inside a script: no line end that older JavaScript lacks, no end of the script. */
function inScript(text) {
  return JSON.stringify(text).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029").replaceAll("</", "<\\/");
}

// -- the widgets -----------------------------------------------------------------------------------

const folders = readdirSync(here("../widgets"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !entry.name.startsWith("_"))
  .map((entry) => entry.name).sort();
for (const folder of folders) {
  const kind = folder.replaceAll("_", "-");
  const at = here(`../widgets/${folder}`);
  write(`${kind}.js`, await script(
    'import { mount } from "./view.js"; export default { render: (host) => mount(host) };', at,
    { plugins: [fromKit] }));
  write(`${kind}.css`, await sheet(join(at, "style.css")));
  const words = await import(join(at, "words.js"));
  const { LABEL, CAPTION, PRESETS, READOUTS } = words;
  write(`${kind}.json`, `${JSON.stringify({
    label: LABEL, caption: CAPTION, presets: PRESETS, readouts: READOUTS,
  }, null, 1)}\n`);
}
