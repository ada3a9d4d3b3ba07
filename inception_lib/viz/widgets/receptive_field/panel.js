/**
 * One stack, drawn and measured: planes, window, paths, numbers. The widget shows one or two of these.
 */

import { decimal, fill, h, percent, set, svg, text } from "#kit";
import { drawEffect, drawTheory, pixelUnder } from "./flat.js";
import { arrows, follow, pointIn } from "../_windows/hands.js";
import { numbers } from "./parts.js";
import { drawStack, projection } from "../_windows/stack.js";
import { FACTS } from "./words.js";

/**
 * @param ui the kit of the widget
 * @param prefix "" or "compare-", before the name of every readout
 * @param moveTo called with an input pixel (fractional) that the reader points at
 * @param step called with a number of cells down and to the right
 */
export function panel(ui, { prefix, moveTo, step }) {
  const id = ui.id(`${prefix}stack`);
  const title = h("p", { class: "irf-title" });
  const chips = h("div", { class: "iw-chips", role: "group", "aria-label": "Branches" });
  const stack = svg("svg", { class: "irf-stack", id, tabindex: 0, role: "application" });
  const theory = svg("svg", { class: "irf-flat", id: `${id}-t`, role: "img" });
  const effect = svg("svg", { class: "irf-flat", id: `${id}-e`, role: "img" });
  const flats = h("div", { class: "irf-flats" },
    h("div", {}, theory, h("p", {}, "theoretical")), h("div", {}, effect, h("p", {}, "effective")));
  const facts = numbers(ui, FACTS, prefix);
  const el = h("div", { class: "irf-panel" }, title, chips, stack, flats, facts.el);
  const widths = { stack: 0, flat: 0 };
  let view = null;
  let now = null;

  // A press takes hold of the plane under it; a drag then stays on that plane.
  let held = null;
  follow(ui, stack, (event, first) => {
    const [y, x] = pointIn(stack, event);
    const inside = ({ box, level }) => view.under(x, y, level).every((v, a) => v >= box[a][0] && v <= box[a][1]);
    if (first) held = now.planes.toReversed().find(inside);
    if (held) moveTo(view.under(x, y, held.level).map((v) => v - 0.5));
  });
  for (const flat of [theory, effect]) follow(ui, flat, (event) => moveTo(pixelUnder(flat, event)));
  arrows(ui, stack, step);

  /** One chip a branch; the last one that is on stays on. */
  function drawChips({ branches, off }, toggle) {
    const key = branches.map(({ root }) => root).join();
    if (chips.dataset.roots !== key) {
      // Kept while the branches are the same, so that a chip keeps the focus.
      set(chips, { hidden: branches.length < 2, "data-roots": key });
      fill(chips, branches.map(({ root, kind, label }) => h("button", {
        type: "button", class: `chip irf-branch iw-kind-${kind}`, "data-branch": root, onclick: () => toggle(root),
      }, h("i", { "aria-hidden": "true" }), label)));
    }
    for (const button of chips.children) set(button, { "aria-pressed": String(!off.includes(button.dataset.branch)) });
  }

  function drawFacts({ field: { size, stride, padding }, facts: { pixels, centre, border }, price }) {
    const pair = ([a, b]) => [a, a === b ? String(a) : `${a}×${b}`, "pixels"];
    const count = (n) => [n, decimal(n, 2)];
    facts.set({
      size: [size[0], size.join("×"), "pixels"], pixels: count(pixels), stride: pair(stride), padding: pair(padding),
      "centre-share": [centre, percent(centre)], "border-share": [border, percent(border)],
      weights: price && count(price.weights), macs: price && count(price.macs),
    });
  }

  return {
    el,
    /** Room that the planes want between output and input, in pixels. */
    depth({ shape, levels }) {
      widths.stack = stack.clientWidth;
      widths.flat = theory.clientWidth;
      return projection(shape, levels, widths.stack).depth;
    },
    /**
     * @param scene_ what to draw
     * @param label its name
     * @param picture { src, focus, href }: the photograph, and the same in as many pixels as the input has
     * @param most the largest share on any pixel, of all panels
     * @param depth the height of the stack, so that two of them stand level
     * @param toggle called with the root of a branch
     */
    draw(scene_, { label, picture, most, depth, toggle }) {
      now = scene_;
      text(title, label);
      drawChips(now, toggle);
      drawFacts(now);
      if (!widths.stack) return;
      view = projection(now.shape, now.levels, widths.stack, depth);
      drawStack(stack, now, view, picture.href);
      drawTheory(theory, now, widths.flat, picture);
      drawEffect(effect, now, widths.flat, picture, most);
      const { field: { size }, cell, facts: { centre, border } } = now;
      set(stack, { "aria-label": `${label}: output cell ${cell}. Arrow keys move it.` });
      set(theory, { "aria-label": `Window of ${size.join("×")} pixels on ${picture.alt}` });
      set(effect, { "aria-label": `Paths: ${percent(centre)} through the centre, ${percent(border)} on the border` });
    },
  };
}
