/** What both scales of the widget share: hands on a drawing, a list of numbers, nested windows. */

import { h, show } from "#kit";

const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** A point of the page in the units of a drawing, as [y, x]. */
export function pointIn(drawing, event) {
  const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(drawing.getScreenCTM().inverse());
  return [y, x];
}

/**
 * Call `fn(event, first)` when the reader presses on an element, and while a press is dragged.
 * A finger outside of a `.irf-grip` may be about to scroll: it picks, but does not drag.
 */
export function follow(ui, target, fn) {
  ui.on(target, "pointerdown", (event) => {
    if (event.button !== 0) return;
    if (event.pointerType === "mouse" || event.target.closest(".irf-grip")) target.setPointerCapture(event.pointerId);
    fn(event, true);
  });
  ui.on(target, "pointermove", (event) => {
    if (target.hasPointerCapture(event.pointerId)) fn(event, false);
  });
}

/** Arrow keys as steps [down, right]. */
export function arrows(ui, target, fn) {
  ui.on(target, "keydown", (event) => {
    const step = ARROWS[event.key];
    if (!step) return;
    fn(step);
    event.preventDefault();
    event.stopPropagation();
  });
}

/** Named numbers, each an `<output>`; `set({ name: [value, words, unit] })`, null hides a row. */
export function numbers(ui, labels, prefix = "") {
  const rows = Object.entries(labels).map(([name, label]) => {
    const output = ui.readout(prefix + name);
    return [name, output, h("div", {}, h("dt", {}, label), h("dd", {}, output))];
  });
  return {
    el: h("dl", { class: "irf-facts" }, rows.map(([, , row]) => row)),
    set(values) {
      for (const [name, output, row] of rows) {
        row.hidden = !values[name];
        if (values[name]) show(output, ...values[name]);
      }
    },
  };
}

/** Windows that coincide are drawn inside one another, `by` units apart: [{ kind, box }]. */
export function nested(marks, by) {
  const count = {};
  return marks.map(({ kind, box }) => {
    const inset = by * (count[box] ?? 0);
    count[box] = (count[box] ?? 0) + 1;
    return { kind, box: box.map(([a, b]) => [a + inset, b - inset]) };
  });
}
