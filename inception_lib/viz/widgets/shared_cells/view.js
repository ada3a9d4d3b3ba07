/** SharedCells: a patch of outputs over the cells of the first layer, and three bars. State: patch. */

import { decimal, fill, grouped, h, kit, set, show, svg } from "#kit";
import { ENDLESS, readers, readouts } from "./model.js";
import { CAPTION, CELLS, CHOICE, HELD, LABEL, PATCH, PRESETS, READOUTS, ROWS, spoken, WITHOUT_END } from "./words.js";

const SIDE = 252; // pixels of the largest first layer, 14 cells
const CELL = SIDE / 14;
const WIDEST = 70; // per cent of the row, for the longest bar

export function mount({ model, el }) {
  const ui = kit(model);
  const fig = ui.frame({ kind: "shared-cells", label: LABEL, caption: CAPTION });
  const cells = svg("g", { "aria-hidden": "true" });
  const frame = svg("rect", { class: "isc-patch" });
  const corner = svg("g", {}, svg("circle", { class: "iw-grip", r: 20 }), svg("circle", { class: "iw-knob", r: 7 }));
  const picture = svg("svg", { class: "isc-grid", width: SIDE + 12, height: SIDE + 12 }, cells, frame, corner);
  const out = Object.fromEntries(Object.keys(READOUTS).map((name) => [name, ui.readout(name)]));
  const rows = Object.entries(ROWS).map(([name, label]) => {
    const bar = h("i");
    return { name, bar, el: h("li", { class: `isc-${name}` }, h("span", {}, label), h("span", { class: "isc-bar" }, bar, out[name])) };
  });
  // Where the shared bar ends at last: a mark beneath it, on the same scale.
  rows.at(-1).el.append(h("span", { class: "isc-end", style: { "margin-left": `${(WIDEST * ENDLESS) / 90}%` } }, WITHOUT_END));
  fig.head.append(ui.chips(PRESETS, CHOICE));
  fig.stage.append(h("div", { class: "isc-pair" }, picture, h("div", {},
    h("ul", { class: "isc-costs" }, rows.map((row) => row.el)),
    h("p", { class: "isc-cells" }, h("b", {}, out["cells-shared"]), ` ${CELLS[0]} `, out["cells-alone"], ` ${CELLS[1]}`),
    ui.slider({ key: "patch", label: PATCH }))));
  el.append(fig.root);

  const tell = ui.handle(corner, {
    label: PATCH, ...ui.limits.patch, big: 3, sideways: true,
    get: () => model.get("patch"),
    put: (patch) => ui.commit({ patch }),
    text: HELD,
    at: (event) => (event.clientX - picture.getBoundingClientRect().left) / CELL - 1,
  });

  ui.bind(["patch"], () => {
    const now = { patch: model.get("patch") };
    const numbers = readouts(now);
    fill(cells, readers(now.patch).flatMap((row, y) => row.map((n, x) => [
      svg("rect", {
        class: "isc-cell", x: x * CELL + 0.5, y: y * CELL + 0.5, width: CELL - 1, height: CELL - 1, opacity: 0.15 + 0.85 * n / 9,
      }),
      svg("text", { class: "isc-n", x: (x + 0.5) * CELL, y: (y + 0.5) * CELL + 4, "text-anchor": "middle" }, String(n)),
    ])));
    set(frame, { x: CELL, y: CELL, width: now.patch * CELL, height: now.patch * CELL });
    set(corner, { transform: `translate(${(now.patch + 1) * CELL} ${(now.patch + 1) * CELL})` });
    tell();
    for (const { name, bar } of rows) {
      set(bar, { style: { width: `${(WIDEST * numbers[name]) / numbers.alone}%` } });
      show(out[name], numbers[name], decimal(numbers[name], 1), READOUTS[name][1]);
    }
    for (const name of ["cells-shared", "cells-alone"]) show(out[name], numbers[name], grouped(numbers[name]), "cells");
    fig.say(spoken(now, numbers));
  });
  return ui.end;
}
