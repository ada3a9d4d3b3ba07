/** A photograph with three windows on it, and what lies in each. */

import { decimal, fill, grouped, h, kit, set, show, svg, text } from "#kit";
import { cellAt, readouts, windowsOf } from "./model.js";
import { CAPTION, LABEL, PRESETS, WORDS } from "./words.js";

const STEP = {
  ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0],
};

export function mount({ model, el }) {
  const ui = kit(model);
  const keys = ["row", "column", "windows", "grid", "photo"];
  const state = () => Object.fromEntries(keys.map((key) => [key, model.get(key)]));
  const { grid, photo, windows } = state();
  const fig = ui.frame({ kind: "sizes-at-once", label: LABEL, caption: CAPTION });

  const frames = svg("g");
  const picture = svg("svg", {
    class: "so-photo", viewBox: `0 0 ${grid.side} ${grid.side}`, role: "application", tabindex: 0,
    "aria-label": WORDS.cell,
  }, svg("image", { href: photo.src, width: grid.side, height: grid.side }), frames);
  const [row, column] = [ui.readout("row"), ui.readout("column")];
  const crops = windows.map(({ name, kind }) => {
    const key = name.replace("×", "x");
    const side = ui.readout(`side-${key}`);
    const crop = svg("svg", { class: `so-crop so-${kind}` });
    const line = h("p", {}, h("strong", {}, WORDS.branch(name)), h("span", {}, side, ` ${WORDS.pixels}`));
    return { key, side, crop, el: h("div", { class: "so-row" }, h("div", { class: "so-slot" }, crop), line) };
  });
  const where = h("p", { class: "so-where" }, WORDS.at[0], " ", row, ", ", WORDS.at[1], " ", column, " ", WORDS.at[2]);
  fig.head.append(ui.chips(PRESETS, LABEL));
  fig.stage.classList.add("so-stage");
  fig.stage.append(picture, h("div", { class: "so-crops" }, crops.map((c) => c.el), where));
  el.append(fig.root);

  // A sideways drag moves the cell, a swipe up or down still scrolls the page.
  const move = (event) => {
    const box = picture.getBoundingClientRect();
    const scale = grid.side / box.width;
    ui.commit(cellAt((event.clientX - box.left) * scale, (event.clientY - box.top) * scale, state()));
  };
  ui.on(picture, "pointerdown", (event) => {
    if (event.button !== 0) return;
    if (event.pointerType === "mouse") picture.setPointerCapture(event.pointerId);
    move(event);
  });
  ui.on(picture, "pointermove", (event) => { if (event.buttons) move(event); });
  ui.on(picture, "dragstart", (event) => event.preventDefault());
  ui.on(picture, "keydown", (event) => {
    const step = STEP[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const clamp = (v) => Math.min(Math.max(v, 0), grid.cells - 1);
    ui.commit({ row: clamp(model.get("row") + step[0]), column: clamp(model.get("column") + step[1]) });
  });

  function draw() {
    const now = state();
    const numbers = readouts(now);
    const shown = windowsOf(now);
    const largest = Math.max(...shown.map(({ side }) => side));
    fill(frames, [...shown].reverse().map(({ side, left, top, kind }) => [
      svg("rect", { class: "so-halo", x: left, y: top, width: side, height: side }),
      svg("rect", { class: `so-frame so-${kind}`, x: left, y: top, width: side, height: side }),
    ]));
    shown.forEach(({ side, left, top }, i) => {
      const { key, crop, side: output } = crops[i];
      set(crop, { viewBox: `${left} ${top} ${side} ${side}` });
      set(crop, { style: { width: `${decimal((100 * side) / largest, 2)}%` } });
      if (!crop.firstChild) {
        fill(crop, svg("rect", { class: "so-out", x: -99, y: -99, width: 500, height: 500 }),
          svg("image", { href: photo.src, width: grid.side, height: grid.side }));
      }
      show(output, numbers[`side-${key}`], grouped(side), "pixels");
    });
    show(row, numbers.row, grouped(numbers.row));
    show(column, numbers.column, grouped(numbers.column));
    fig.say(WORDS.said(numbers.row, numbers.column));
    text(picture.querySelector("title") ?? picture.insertBefore(svg("title"), picture.firstChild), photo.alt);
  }

  ui.bind(["row", "column"], draw);
  return ui.end;
}
