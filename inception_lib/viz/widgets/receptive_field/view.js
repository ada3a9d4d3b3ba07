/**
 * ReceptiveField: what an output cell sees of a photograph (section 3, Figures 1 and 3 to 7).
 * State: stack, compare, layers, cell, off, grid, block; stacks and image come from Python.
 */

import { h, kit, percent, set, text } from "#kit";
import { editor } from "./editor.js";
import { scale } from "./flat.js";
import { network } from "./network.js";
import { panel } from "./panel.js";
import { mosaic } from "../_windows/photo.js";
import { isChain, within } from "../_windows/paths.js";
import { activeRoots, cellAt, scenesOf } from "./model.js";
import { CAPTION, LABEL, OTHERS, PRESETS } from "./words.js";

const KEYS = ["stacks", "stack", "compare", "layers", "cell", "off", "grid", "image"];
export function mount({ model, el }) {
  const known = model.get("stacks");
  return known[model.get("stack")]?.blocks ? network({ model, el }) : stacks({ model, el });
}

function stacks({ model, el }) {
  const ui = kit(model);
  const state = () => Object.fromEntries(KEYS.map((key) => [key, model.get(key)]));
  const fig = ui.frame({
    kind: "receptive-field", label: LABEL, caption: CAPTION,
  });
  const known = model.get("stacks");
  const own = known.model && { id: "model", label: known.model.label, state: { stack: "model", compare: "" } };
  const named = [own, ...PRESETS, ...OTHERS].filter((p) => p && (p.id === "yours" || known[p.id]));
  const find = (id) => named.find((p) => p.id === id);
  const labelOf = (id) => find(id).title ?? find(id).label;
  const note = h("p", { class: "iw-note" });
  const legend = scale();
  const beside = h("select", { name: "compare", id: ui.id("compare") },
    h("option", { value: "" }, "nothing"),
    named.map(({ id }) => h("option", { value: id }, labelOf(id))));
  ui.on(beside, "change", () => ui.commit({ compare: beside.value }));

  let scenes = [];
  // Both stacks stay on one spot of the photograph: the cell of the main one rules.
  const moveTo = (pixel) => put(cellAt(scenes[0].nodes, pixel, model.get("off")));
  const put = (cell) => {
    if (String(cell) !== String(scenes[0].now.cell)) ui.commit({ cell });
  };
  const step = (by) => put(scenes[0].now.cell.map((c, a) => within(c + by[a], scenes[0].now.last.shape[a])));
  const panels = ["", "compare-"].map((prefix) => panel(ui, { prefix, moveTo, step }));
  const both = h("div", { class: "irf-panels" }, panels[1].el, panels[0].el);
  const layers = editor(ui, model);
  const place = ["row", "column"].map((name, a) => {
    const input = h("input", { type: "number", name, id: ui.id(name), min: 0, step: 1, inputmode: "numeric" });
    ui.on(input, "input", () => {
      const n = input.valueAsNumber;
      if (n >= 0 && n < scenes[0].now.last.shape[a]) put(scenes[0].now.cell.map((c, i) => (i === a ? n : c)));
    });
    return input;
  });
  const grid = ui.slider({ key: "grid", label: "Input, pixels on a side" });

  fig.head.append(ui.chips(named.filter((p) => p.state), "Stacks"), note);
  fig.stage.append(both, legend.el);
  const field = (label, input) =>
    h("div", { class: "iw-field iw-field-one" }, h("label", { for: input.id }, label), input);
  fig.controls.append(layers.el, grid,
    h("div", { class: "irf-place" }, field("Output row", place[0]), field("Output column", place[1])),
    field("Beside it", beside));
  el.append(fig.root);

  const toggle = (root) => {
    const { off } = state();
    const next = off.includes(root) ? off.filter((r) => r !== root) : [...off, root];
    const { nodes } = scenes.find(({ now }) => now.branches.some((b) => b.root === root));
    const left = activeRoots(nodes, nodes.at(-1).name, next);
    if (next.length < off.length || !left.includes(root)) ui.commit({ off: next });
  };

  function draw() {
    const now = state();
    scenes = scenesOf(now);
    const most = Math.max(...scenes.map(({ now: { facts } }) => facts.max / facts.total));
    set(both, { class: `irf-panels${scenes.length > 1 ? " irf-two" : ""}` });
    set(panels[1].el, { hidden: scenes.length < 2 });
    const depth = Math.max(...scenes.map((s, i) => panels[i].depth(s.now)));
    scenes.forEach(({ id, now: s }, i) => {
      panels[i].draw(s, {
        label: id === "yours" ? layers.words() : labelOf(id), most, depth, toggle,
        picture: { ...now.image, href: mosaic(now.image, s.shape, () => later()) },
      });
    });
    legend.draw(most);
    text(note, find(now.stack).note ?? "");
    layers.draw();
    beside.value = now.compare;
    const main = scenes[0].now;
    place.forEach((input, a) => {
      set(input, { max: main.last.shape[a] - 1 });
      if (document.activeElement !== input) input.value = String(main.cell[a]);
    });
    set(grid, { hidden: !scenes.some(({ nodes }) => isChain(nodes)) });
    fig.say(`${main.field.size.join("×")} pixels, ${percent(main.facts.centre)} of the paths through the centre, ` +
      `${percent(main.facts.border)} on the border`);
  }

  const later = ui.bind(KEYS, draw);
  ui.width(fig.stage, later);
  return ui.end;
}
