/**
 * The upper half of CostExplorer: both rows to one scale, the gap that is the saving, the paper's mark,
 * and what can be dragged in them. The dearer alternative fills the width; the axes slide instead.
 */

import {
  boxCorners, boxSize, channelsAt, compact, decimal, fill, h, percent, set, show, svg, text,
} from "#kit";
import { BAR, CHAIN, MIDDLE, row } from "./row.js";
import { alphaAtShare, ticks } from "./model.js";

const knob = () => svg("g", {},
  svg("circle", { class: "iw-grip", r: 13 }), svg("circle", { class: "iw-knob", r: 5 }));

/** Returns { el, draw(state, result, pair), resize(px) }. */
export function bars(ui, state) {
  let wide = 640;
  let scale = 0.5; // pixels a cell
  const rows = { single: row(ui, "single"), factorized: row(ui, "factorized") };
  const saving = ui.readout("saving");
  const savingWord = h("span");
  const verdict = h("p", { class: "iw-verdict" }, saving, savingWord);
  rows.factorized.el.append(verdict);
  const ratio = ui.readout("ratio");
  rows.single.head.append(h("p", { class: "iw-ratio" }, ratio, " the row below"));
  const axes = svg("svg", { height: 66, class: "iw-axes", "aria-hidden": "true" });
  const el = h("div", { class: "iw-bars" }, rows.single.el, rows.factorized.el, axes);
  const handles = makeHandles(ui, state, rows, () => wide, () => scale);

  function draw(now, result, pair) {
    const { single, factorized } = result;
    const whole = Math.max(single.macs, factorized.macs);
    const px = (macs) => (macs / whole) * wide;
    // Smaller where the boxes of the shorter row would run into one another.
    const room = factorized.widths.reduce((sum, c) => sum + boxSize(now.grid, c, 1).width, 0);
    scale = Math.min(wide < 500 ? 0.42 : 0.5, (0.62 * px(factorized.macs)) / room);
    const common = { at: now, px, scale };
    rows.single.draw({ ...common, part: single, called: pair.single, colour: "kxk" });
    rows.factorized.draw({ ...common, part: factorized, called: pair.factorized, colour: pair.colour });

    const [from, to] = [factorized.macs, single.macs].map(px);
    fill(rows.factorized.over,
      to > from && svg("rect", {
        class: "iw-gap", x: from, y: CHAIN + 0.5, width: to - from, height: BAR - 1,
      }));
    drawAxes(now, whole, px(single.macs * (1 - pair.paper.saving)), pair.paper.words);
    handles.draw(now, px(factorized.layers[0].macs), factorized.layers.length > 1);

    const times = single.macs / factorized.macs;
    show(saving, result.saving, percent(Math.abs(result.saving)), "of the single layer’s multiply-adds");
    text(savingWord, result.saving < 0 ? "more" : "saved");
    show(ratio, times, `${decimal(times, 2)} ×`, "times the multiply-adds of the row below");
    // The number stands over the gap that it measures; where the gap is too narrow, beside the row's name.
    verdict.classList.toggle("iw-aside", to - from < (wide < 500 ? 92 : 128));
  }

  /** The paper's mark under the bar, then one axis for multiply-adds and one for parameters. */
  function drawAxes(now, whole, at, words) {
    const fits = at + 12 + words.length * 6.6 < wide;
    const mark = [
      svg("path", { class: "iw-paper", d: `M${at} ${-BAR - 6}V12` }),
      svg("path", { class: "iw-paper-head", d: `M${at} 2l5 9h-10z` }),
      svg("text", {
        class: "iw-paper-name", x: at + (fits ? 10 : -10), y: 13, "text-anchor": fits ? "start" : "end",
      }, words),
    ];
    const units = [["multiply-adds", whole], ["parameters", whole / now.grid ** 2]];
    const lines = units.map(([unit, end], i) => {
      const y = 24 + i * 21;
      const marks = ticks(end, wide < 500 ? 3 : 6).map((value) => [value, (value / end) * wide]);
      return svg("g", {},
        svg("path", { d: `M0 ${y}H${wide}` + marks.map(([, x]) => `M${x} ${y}v4`).join("") }),
        svg("text", { x: 0, y: y + 16 }, unit),
        marks.filter(([, x]) => x > 120).map(([value, x]) => svg("text", {
          x, y: y + 16, "text-anchor": x > wide - 24 ? "end" : "middle",
        }, compact(value))));
    });
    fill(axes, mark, lines);
  }

  return {
    el,
    draw,
    resize(px) {
      wide = px;
      for (const part of [rows.single.picture, rows.factorized.picture, axes]) set(part, { width: px });
    },
  };
}

/** Grid and channels at the input box, α at the boundary between two segments. */
function makeHandles(ui, state, rows, wide, scale) {
  const under = (event) => event.clientX - rows.single.picture.getBoundingClientRect().left;
  const grid = knob();
  const depth = knob();
  const split = svg("g", {},
    svg("rect", { class: "iw-grip", x: -12, y: -5, width: 24, height: BAR + 10, rx: 6 }),
    svg("rect", { class: "iw-knob", x: -3.5, y: 9, width: 7, height: BAR - 18, rx: 3.5 }));
  const told = [
    ui.handle(grid, {
      label: "Grid: height and width of the input", ...ui.limits.grid,
      get: () => state().grid,
      put: (v) => ui.commit({ grid: v }),
      text: (v) => `${v} by ${v} cells`,
      at: (event) => under(event) / scale(),
    }),
    ui.handle(depth, {
      label: "Input channels", ...ui.limits.channels, big: 32,
      get: () => state().channels,
      put: (v) => ui.commit({ channels: v }),
      text: (v) => `${v} channels`,
      // A pixel is worth some 30 channels here: stop at multiples of 8, as networks do.
      at: (event) => 8 * Math.round(channelsAt(under(event) - state().grid * scale(), scale()) / 8),
    }),
    ui.handle(split, {
      label: "Alpha, by the boundary between the two layers", ...ui.limits.alpha, big: 0.5,
      get: () => state().alpha,
      put: (v) => ui.commit({ alpha: v }),
      text: (v) => `alpha ${decimal(v, 2)}`,
      at: (event) => {
        const share = Math.min(Math.max(under(event) / wide(), 0.01), 0.99);
        return alphaAtShare(share, state().preset, state().n);
      },
    }),
  ];
  rows.single.handles.append(grid, depth);
  rows.factorized.handles.append(split);
  return {
    draw(now, boundary, splits) {
      const corners = boxCorners(0, MIDDLE, boxSize(now.grid, now.channels, scale()));
      set(grid, { transform: `translate(${corners.face})` });
      set(depth, { transform: `translate(${corners.back})` });
      set(split, {
        transform: `translate(${boundary} ${CHAIN})`, visibility: splits ? null : "hidden",
      });
      told.forEach((tell) => tell());
    },
  };
}
