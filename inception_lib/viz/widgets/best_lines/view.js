/** BestLines: a kernel to paint, its best column and row, and their product. State: kernel. */

import { fill, h, kit, percent, set, show, svg, text } from "#kit";
import { lines, matrix, readouts, SIDE } from "./model.js";
import { at, BEST, CAPTION, CHOICE, DRAWN, HELD, LABEL, PAINT, PAIRS, PRESETS, spoken } from "./words.js";

const CELL = 30;
const BAR = 20; // of the column and the row
const GAP = 8;

export function mount({ model, el }) {
  const ui = kit(model);
  const fig = ui.frame({ kind: "best-lines", label: LABEL, caption: CAPTION });
  const drawn = svg("svg", { width: SIDE * CELL, height: SIDE * CELL });
  const surface = h("div", { class: "ibl-surface", tabindex: 0, role: "application", "aria-label": PAINT }, drawn);
  const best = svg("svg", { width: SIDE * CELL + BAR + GAP, height: SIDE * CELL + BAR + GAP, "aria-hidden": "true" });
  const [held, pairs] = [ui.readout("held"), ui.readout("pairs")];
  const after = h("span");
  fig.head.append(ui.chips(PRESETS, CHOICE));
  fig.stage.append(h("div", { class: "ibl-pair" },
    h("div", {}, h("p", { class: "ibl-name" }, DRAWN), surface),
    h("div", {}, h("p", { class: "ibl-name" }, BEST), best),
    h("p", { class: "ibl-numbers" }, h("b", {}, held), ` ${HELD}`, h("br"), h("b", {}, pairs), " ", after)));
  el.append(fig.root);

  const cursor = [0, 0];
  const indexOf = ([r, c]) => r * SIDE + c;
  const put = (i, value) => {
    const kernel = model.get("kernel");
    if (kernel[i] !== value) ui.commit({ kernel: kernel.slice(0, i) + value + kernel.slice(i + 1) });
  };
  const under = (event) => {
    const { left, top } = drawn.getBoundingClientRect();
    return [event.clientY - top, event.clientX - left].map((v) => Math.min(SIDE - 1, Math.max(0, Math.floor(v / CELL))));
  };

  // The first cell that is touched says whether a stroke sets or clears.
  let stroke = null;
  ui.on(surface, "pointerdown", (event) => {
    if (event.button !== 0) return;
    surface.setPointerCapture(event.pointerId);
    const cell = under(event);
    stroke = model.get("kernel")[indexOf(cell)] === "1" ? "0" : "1";
    [cursor[0], cursor[1]] = cell;
    put(indexOf(cell), stroke);
  });
  ui.on(surface, "pointermove", (event) => {
    if (stroke !== null && surface.hasPointerCapture(event.pointerId)) put(indexOf(under(event)), stroke);
  });
  ui.on(surface, "lostpointercapture", () => { stroke = null; });
  ui.on(surface, "keydown", (event) => {
    const by = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (by) by.forEach((d, a) => { cursor[a] = Math.min(SIDE - 1, Math.max(0, cursor[a] + d)); });
    else if (event.key === " ") put(indexOf(cursor), model.get("kernel")[indexOf(cursor)] === "1" ? "0" : "1");
    else return;
    event.preventDefault();
    event.stopPropagation();
    later();
    fig.say(at(...cursor, model.get("kernel")[indexOf(cursor)] === "1"));
  });

  const cell = (x, y, width, height, value, kind = "factorized") => [
    svg("rect", { class: "ibl-cell", x: x + 0.5, y: y + 0.5, width: width - 1, height: height - 1 }),
    value > 1e-6 && svg("rect", {
      class: `iw-fill-${kind}`, x: x + 0.5, y: y + 0.5, width: width - 1, height: height - 1, opacity: Math.min(1, value),
    }),
  ];

  function draw() {
    const kernel = model.get("kernel");
    const numbers = readouts({ kernel });
    const { column, row } = lines(kernel);
    fill(drawn, matrix(kernel).flatMap((line, r) => line.map((v, c) => cell(c * CELL, r * CELL, CELL, CELL, v, "kxk"))),
      svg("rect", { class: "ibl-cursor", x: cursor[1] * CELL, y: cursor[0] * CELL, width: CELL, height: CELL }));
    const from = BAR + GAP;
    fill(best,
      column.map((v, r) => cell(0, from + r * CELL, BAR, CELL, v)),
      row.map((v, c) => cell(from + c * CELL, 0, CELL, BAR, v)),
      column.flatMap((a, r) => row.map((b, c) => cell(from + c * CELL, from + r * CELL, CELL, CELL, a * b))));
    show(held, numbers.held, percent(numbers.held));
    show(pairs, numbers.pairs, String(numbers.pairs), "pairs");
    text(after, PAIRS(numbers.pairs));
    set(surface, { "aria-description": at(...cursor, kernel[indexOf(cursor)] === "1") });
    fig.say(spoken(percent(numbers.held), numbers.pairs));
  }

  const later = ui.bind(["kernel"], draw);
  return ui.end;
}
