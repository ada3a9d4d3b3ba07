/**
 * TwoCones: what one convolution sees, and what several 3×3 in a row see, from one cell.
 * State: layers, look, row, column; the photograph comes from Python.
 */

import { grouped, h, kit, set, show, svg, text } from "#kit";
import { arrows, follow, pointIn } from "../_windows/hands.js";
import { within } from "../_windows/paths.js";
import { mosaic } from "../_windows/photo.js";
import { drawStack, projection } from "../_windows/stack.js";
import { readouts, scenes, SHAPE } from "./model.js";
import { CAPTION, ENDS, HOLD, LABEL, LAYERS, LOOK, PRESETS, spoken, TITLES, TO } from "./words.js";

const KEYS = ["layers", "look", "row", "column"];
const DEPTH = 176; // pixels from the output to the photograph
const FINE = 24; // pixels of the photograph in a cell
const SHAPES = { flat: 0.48, spare: 1.3 };

export function mount({ model, el }) {
  const ui = kit(model);
  const state = () => Object.fromEntries(KEYS.map((key) => [key, model.get(key)]));
  const fig = ui.frame({ kind: "two-cones", label: LABEL, caption: CAPTION });
  const put = (cell) => ui.commit(Object.fromEntries(["row", "column"].map((key, a) =>
    [key, within(Math.round(cell[a]), SHAPE[a])])));
  const panels = ["one", "stack"].map((name) => panel(ui, name, put, () => [model.get("row"), model.get("column")]));
  fig.head.append(ui.chips(PRESETS, LOOK), ui.slider({ key: "layers", label: LAYERS }));
  fig.stage.append(h("div", { class: "itc-pair" }, panels.map((p) => p.el)));
  el.append(fig.root);

  function draw() {
    const now = state();
    const numbers = readouts(now);
    const href = mosaic(model.get("image"), SHAPE.map((n) => n * FINE), () => later());
    scenes(now).forEach((scene, i) => panels[i].draw(scene, { now, numbers, href, title: TITLES(now)[i] }));
    fig.say(spoken(now, numbers));
  }

  const later = ui.bind(KEYS, draw);
  ui.width(panels[0].stack, () => later());
  return ui.end;
}

/** One drawing with its line of numbers. `put` moves the picked cell, `at` is where it is. */
function panel(ui, name, put, at) {
  const title = h("b");
  const stack = svg("svg", { class: "itc-stack", tabindex: 0, role: "application" });
  const out = Object.fromEntries(["cells", "most", "least"].map((key) => [key, ui.readout(`${name}-${key}`)]));
  const words = Object.fromEntries(["before", "cells", "to", "paths"].map((key) => [key, h("span")]));
  const line = h("p", { class: "itc-line" }, title, " ", words.before, " ", out.cells, " ", words.cells, " ",
    out.least, words.to, out.most, " ", words.paths);
  let view = null;
  let held = null;
  follow(ui, stack, (event) => {
    const [y, x] = pointIn(stack, event);
    put(view.under(x, y, held.level).map((v) => v - 0.5));
  }, true);
  arrows(ui, stack, (by) => put(at().map((v, a) => v + by[a])));

  return {
    el: h("div", { class: "itc-panel" }, stack, line),
    stack,
    draw(scene, { now, numbers, href, title: label }) {
      const [cells, most, least = most] = ["cells", "most", "least"].map((key) => numbers[`${name}-${key}`]);
      const say = ENDS[now.look];
      text(title, label);
      text(words.before, say.before);
      text(words.cells, say.cells);
      text(words.to, least === most ? "" : ` ${TO} `);
      text(words.paths, most === 1 ? say.path : say.paths);
      show(out.cells, cells, grouped(cells), "cells");
      show(out.least, least, grouped(least), "paths");
      show(out.most, most, grouped(most), "paths");
      set(out.least, { hidden: least === most });
      set(stack, { "aria-label": HOLD(label, now.look) });
      const px = stack.clientWidth;
      if (!px) return;
      view = projection(SHAPE, scene.levels, px, DEPTH, SHAPES);
      held = now.look === "sees" ? scene.planes.at(-1) : scene.planes[0];
      drawStack(stack, scene, view, href, held, true);
    },
  };
}
