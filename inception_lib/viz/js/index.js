/**
 * The one front-end module of the book, in anywidget's format. A live kernel and the static page
 * both call `render({ model, el })`; the trait `kind` says which view is meant.
 *
 * A new widget: write view/<name>.js with `export function mount({ model, el }) -> cleanup()`
 * and give it a line below.
 */

import * as costExplorer from "./view/cost_explorer.js";
import * as moduleDiagram from "./view/module_diagram.js";
import * as receptiveField from "./view/receptive_field.js";
import { h } from "./view/dom.js";

const VIEWS = {
  "cost-explorer": costExplorer,
  "module-diagram": moduleDiagram,
  "receptive-field": receptiveField,
};

function render({ model, el }) {
  const kind = model.get("kind");
  const view = VIEWS[kind];
  if (!view) {
    const known = Object.keys(VIEWS).join(", ");
    el.append(h("p", { class: "iw iw-error", role: "alert" },
      `This module cannot draw a “${kind}” widget; it knows ${known}. ` +
      "The page and inception_lib may be of different versions: rebuild one with the other."));
    return () => {};
  }
  return view.mount({ model, el });
}

export default { render };
