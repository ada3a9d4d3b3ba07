/**
 * The photograph from above, twice: the window (theoretical) and the paths inside it (effective).
 */

import { fill, h, magnitude, percent, ramp, set, svg } from "#kit";
import { pointIn } from "../_windows/hands.js";
import { lines, nested } from "../_windows/stack.js";
import { each } from "../_windows/paths.js";

const MARGIN = 32; // pixels at the top and on the left, for measures and profiles
const END = 10; // on the other two sides
const BEYOND = 28; // how much is drawn of a window that reaches over the border

/** A frame of `width` pixels over an input of `shape`; `cell` is pixels on the page per input pixel. */
function frame(root, { shape }, width) {
  const cell = (width - MARGIN - END) / shape[1];
  const height = MARGIN + END + cell * shape[0];
  set(root, { viewBox: `0 0 ${width} ${height}`, height, "data-cell": cell });
  const [x, y] = [(column) => MARGIN + column * cell, (row) => MARGIN + row * cell];
  const box = ([[top, bottom], [left, right]]) =>
    ({ x: x(left), y: y(top), width: (right - left) * cell, height: (bottom - top) * cell });
  return { cell, x, y, box, whole: box(shape.map((n) => [0, n])) };
}

/** The input pixel under a pointer, whatever size the drawing has on the screen. */
export const pixelUnder = (root, event) => pointIn(root, event).map((v) => (v - MARGIN) / root.dataset.cell - 0.5);

/** Length of the window along a side of `n` pixels, as an engineer writes it; `edge` is where it begins. */
function measure(at, [first, last], n, edge, across) {
  const w = Math.max(0, Math.min(MARGIN - 10, edge - 7));
  const [a, b] = [Math.max(at(first), MARGIN - BEYOND), Math.min(at(last + 1), at(n) + BEYOND)];
  const line = across
    ? `M${a} ${w}H${b}M${a} ${w - 3}v6M${b} ${w - 3}v6`
    : `M${w} ${a}V${b}M${w - 3} ${a}h6M${w - 3} ${b}h6`;
  const middle = (a + b) / 2;
  return svg("g", { class: "irf-measure" }, svg("path", { d: line }),
    svg("text", across
      ? { x: middle, y: w - 3 }
      : { x: w - 5, y: middle + 4, class: "irf-end" }, String(last - first + 1)));
}

/** The photograph itself, the part that the cells stand for. */
function photograph(root, whole, { src, focus: [left, top, side] }, kind) {
  const [w, t] = [whole.width / side, whole.height / side];
  return clipped(`${root.id}-photo`, whole, 0, svg("image", {
    href: src, x: whole.x - left * w, y: whole.y - top * t, width: w, height: t, class: kind,
  }));
}

/** What is left of `parts` within a rectangle and `by` pixels around it. */
const clipped = (id, { x, y, width, height }, by, ...parts) => [
  svg("clipPath", { id }, svg("rect", { x: x - by, y: y - by, width: width + 2 * by, height: height + 2 * by })),
  svg("g", { "clip-path": `url(#${id})` }, parts),
];

/** The photograph with the window on it, each branch in its colour. */
export function drawTheory(root, now, width, picture) {
  const { x, y, box, whole, cell } = frame(root, now, width);
  const reach = box(now.span.map(([a, b]) => [a, b + 1]));
  const [ground] = now.planes;
  let unseen = `M${whole.x} ${whole.y}h${whole.width}v${whole.height}h${-whole.width}z`;
  each(now.counts, now.shape, (n, row, column) => { unseen += `M${x(column)} ${y(row)}v${cell}h${cell}v${-cell}z`; });
  fill(root,
    clipped(`${root.id}-around`, whole, BEYOND,
      svg("rect", { class: "irf-beyond", ...reach }),
      photograph(root, whole, picture),
      svg("path", { class: "iwin-veil", d: unseen, opacity: 0.6 }),
      grid(now, x, y),
      nested(ground.marks, 2.5 / cell).map(({ kind, box: at }) =>
        svg("rect", { class: `iwin-mark iw-kind-${kind}`, ...box(at) }))),
    measure(x, now.span[1], now.shape[1], reach.y, true), measure(y, now.span[0], now.shape[0], reach.x, false),
    svg("rect", { class: "iwin-grip", ...whole }));
}

const grid = ({ shape }, x, y) => svg("path", {
  class: "iwin-lines", d: lines([[y(0), y(shape[0])], [x(0), x(shape[1])]], shape),
});

/** Each pixel's share of the paths; the sums along both axes stand at the side, in lowest terms. */
export function drawEffect(root, now, width, picture, most) {
  const { x, y, box, whole, cell } = frame(root, now, width);
  const { total, max } = now.facts;
  const heat = [];
  const words = [];
  const digits = String(max).length;
  each(now.counts, now.shape, (n, row, column) => {
    const t = n / total / most;
    heat.push(svg("rect", { ...box([[row, row + 1], [column, column + 1]]), fill: magnitude(t) }));
    if (cell >= 6 + 5 * digits) {
      words.push(svg("text", {
        x: x(column + 0.5), y: y(row + 0.5) + 3.5, class: t > 0.62 ? "iwin-dark" : "irf-light",
      }, String(n)));
    }
  });
  fill(root,
    photograph(root, whole, picture, "irf-faint"),
    grid(now, x, y),
    heat,
    svg("g", { class: "irf-digits" }, words),
    profile(now.profiles[1], now.span[1], x, cell, true), profile(now.profiles[0], now.span[0], y, cell, false),
    svg("rect", { class: "iwin-grip", ...whole }));
}

/** A bar for each row or column of the window, its number before it where that is short. */
function profile(sums, [first], at, cell, across) {
  const most = Math.max(...sums);
  const worded = most < 100 && cell > (most > 9 ? 16 : 8);
  const type = Math.min(11.5, cell); // in a column of numbers no taller than their cells
  const foot = MARGIN - (worded ? (across || most < 10 ? 14 : 19) : 3);
  return svg("g", { class: "irf-profile", style: { "font-size": `${type}px` } }, sums.map((n, i) => {
    if (!n) return null;
    const long = (foot * n) / most;
    const along = at(first + i) + 0.5;
    const bar = across
      ? { x: along, y: foot - long, width: cell - 1, height: long }
      : { x: foot - long, y: along, width: long, height: cell - 1 };
    const middle = at(first + i + 0.5);
    return [svg("rect", bar), worded && svg("text", across
      ? { x: middle, y: MARGIN - 4 }
      : { x: MARGIN - 4, y: middle + 0.36 * type, class: "irf-end" }, String(n))];
  }));
}

/** The scale of the effective view: from nothing to the largest share on any pixel shown. */
export const scale = () => {
  const end = h("span", {});
  const el = h("p", { class: "irf-scale" },
    h("span", {}, "paths through a pixel"), h("span", {}, "0"),
    h("i", { style: { background: ramp } }), end);
  // Two figures, however small the largest share is.
  return { el, draw: (most) => fill(end, percent(most, Math.max(1, 1 - Math.floor(Math.log10(100 * most))))) };
};
