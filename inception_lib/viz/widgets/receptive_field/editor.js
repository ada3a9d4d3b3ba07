/** The reader's own stack: a list of layers from the input up, and buttons that lengthen it. */

import { fill, h, set } from "#kit";
import { parseLayer } from "../_windows/paths.js";
import { layerLabel } from "../_windows/cone.js";

const MOST = 8; // layers, as in Python

/** A list of removable layers and the buttons that add one; `words()` is the stack in print. */
export function editor(ui, model) {
  /** Layers of the present stack; none where it is a traced module. */
  const present = () => {
    const id = model.get("stack");
    return id === "yours" ? model.get("layers") : model.get("stacks")[id].layers ?? [];
  };
  const put = (layers) => ui.commit({ layers, stack: "yours" });
  const list = h("ol", { class: "irf-layers" });
  const n = h("select", { name: "n", "aria-label": "n, for 1×n and n×1" },
    [3, 5, 7, 9].map((k) => h("option", { value: k, selected: k === 7 }, String(k))));
  const adders = [
    ["3×3", () => "3x3"], ["5×5", () => "5x5"],
    ["1×n", () => `1x${n.value}`], ["n×1", () => `${n.value}x1`], ["3×3, stride 2", () => "3x3/2"],
  ].map(([label, layer]) => {
    const button = h("button", { type: "button", class: "chip", "aria-label": `add ${label}` }, `+ ${label}`);
    ui.on(button, "click", () => put([...present(), layer()]));
    return button;
  });
  const none = h("li", { class: "irf-none" }, "fixed; add a layer to start your own");
  const el = h("div", { class: "irf-editor" },
    h("p", { class: "irf-label" }, "Layers, from the input up"), list,
    h("div", { class: "iw-chips" }, adders, h("label", { class: "irf-n" }, "n = ", n)));
  const words = () => present().map((layer) => layerLabel(parseLayer(layer))).join(" · ");
  let drawn = "";

  function draw() {
    const layers = present();
    for (const button of adders) set(button, { disabled: layers.length >= MOST });
    if (drawn === String(layers) && drawn) return;
    drawn = String(layers);
    fill(list, layers.length ? layers.map((layer, i) => {
      const label = layerLabel(parseLayer(layer));
      return h("li", {}, h("button", {
        type: "button", class: "chip", disabled: layers.length === 1, "aria-label": `remove layer ${i + 1}, ${label}`,
        onclick: () => put(layers.filter((_, k) => k !== i)),
      }, label, h("span", { "aria-hidden": "true" }, " ×")));
    }) : none);
  }

  return { el, draw, words };
}
