/**
 * One row of CostExplorer: tensors and kernels in a chain, and beneath each kernel the segment of the
 * bar that it costs, with its term written in it.
 */

import { box, boxSize, compact, fill, h, kernel, set, show, svg, text } from "#kit";

export const CHAIN = 118; // height of the drawing above a bar, in pixels
export const MIDDLE = 52; // where its boxes are centred: the widths stand below them
export const BAR = 50;
const MOST_LAYERS = 2;

/** The row called `name` ("single" or "factorized"): { el, head, svg, over, handles, draw }. */
export function row(ui, name) {
  const title = h("strong");
  const macs = ui.readout(`${name}-macs`);
  const params = ui.readout(`${name}-params`);
  const head = h("div", { class: "iw-row-head" },
    h("p", {}, title, h("span", {}, macs, " multiply-adds, ", params, " parameters")));
  const chain = svg("g");
  const over = svg("g");
  const handles = svg("g");
  const picture = svg("svg", { height: CHAIN + BAR + 6 }, chain, over, handles);
  const terms = Array.from({ length: MOST_LAYERS }, (_, i) => makeTerm(ui, `${name}-${i + 1}`));
  const el = h("div", { class: "iw-row" }, head,
    h("div", { class: "iw-row-picture" }, picture, terms.map((term) => term.el)));

  /** `px` turns multiply-adds into pixels; `at` is the state, `part` one side of `compare`. */
  function draw({ at, part, called, colour, px, scale }) {
    text(title, called);
    show(macs, part.macs, compact(part.macs), "multiply-adds");
    show(params, part.params, compact(part.params), "parameters");

    const ends = [0];
    for (const layer of part.layers) ends.push(ends.at(-1) + px(layer.macs));
    const sizes = part.widths.map((c) => boxSize(at.grid, c, scale));
    // The input stands at the bar's start, the output at its end, what lies between on its boundary.
    const lefts = ends.map((x, i) =>
      i === 0 ? 0 : x - sizes[i].width * (i === ends.length - 1 ? 1 : 0.5));
    const operations = part.layers.flatMap((layer, i) => {
      const [from, to] = [lefts[i] + sizes[i].width + 5, lefts[i + 1] - 5];
      const [height, width] = layer.kernel;
      const cell = Math.min(8, (to - from - 12) / width);
      const label = `${height}×${width}`;
      const middle = (from + to) / 2;
      return [
        to - from > 14 && svg("path", { class: "iw-flow", d: `M${from} ${MIDDLE}H${to - 1}m-5 -4l5 4l-5 4` }),
        cell > 1.5 && kernel(middle, MIDDLE, layer.kernel, cell, colour),
        svg("text", {
          class: "iw-kernel-name", "text-anchor": "middle",
          x: middle, y: MIDDLE - (Math.max(cell, 2) * height) / 2 - 7,
        }, label),
      ];
    });
    const segments = part.layers.map((_, i) => svg("rect", {
      class: `iw-segment iw-fill-${colour}`,
      x: ends[i], y: CHAIN, width: ends[i + 1] - ends[i], height: BAR,
    }));
    const last = part.widths.length - 1;
    const input = `${at.grid}×${at.grid}×${part.widths[0]}`;
    const names = part.widths.map((c, i) => {
      const crowded = i > 0 && i < last && Math.min(ends[1], ends[2] - ends[1]) < 52;
      return !crowded && svg("text", {
        class: "iw-width", x: ends[i], y: CHAIN - 6,
        "text-anchor": i === 0 ? "start" : i === last ? "end" : "middle",
      }, i === 0 && ends[1] > 7 * input.length + 16 ? input : String(c));
    });
    fill(chain, sizes.map((size, i) => box(lefts[i], MIDDLE, size)), operations, segments, names);

    terms.forEach((term, i) => {
      const layer = part.layers[i];
      set(term.el, { hidden: !layer });
      if (!layer) return;
      const [height, width] = layer.kernel;
      text(term.window, `${height}·${width} · ${layer.in} · ${layer.out}`);
      for (const square of term.squares) text(square, `${at.grid}²`);
      show(term.macs, layer.macs, compact(layer.macs), "multiply-adds");
      show(term.params, layer.params, compact(layer.params), "parameters");
      set(term.el, {
        style: {
          left: `${ends[i]}px`, width: `${ends[i + 1] - ends[i]}px`, top: `${CHAIN}px`, height: `${BAR}px`,
        },
      });
    });
  }

  return { el, head, picture, over, handles, draw };
}

/**
 * The words in a segment. With room: "3·3 · 192 · 192 = 332 k parameters / × 35² = 406 M multiply-adds";
 * without: "3·3 · 192 · 192 · 35² / 406 M". The style sheet chooses by the segment's own width.
 */
function makeTerm(ui, name) {
  const window = h("span");
  const squares = [h("span"), h("span")];
  const macs = ui.readout(`${name}-macs`);
  const params = ui.readout(`${name}-params`);
  const more = (...words) => h("span", { class: "iw-more" }, words);
  const el = h("p", { class: "iw-term" },
    h("span", { class: "iw-formula" },
      window, more(" = ", params, " parameters"), h("span", { class: "iw-less" }, " · ", squares[0])),
    h("span", {}, more("× ", squares[1], " = "), h("b", {}, macs), more(" multiply-adds")));
  return { el, window, squares, macs, params };
}
