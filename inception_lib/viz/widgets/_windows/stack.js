/**
 * The stack as planes over one another, seen from above: the photograph at the bottom, the output on
 * top, the cone of what one cell looks at between them. Every plane is laid out in input pixels.
 */

import { set, svg } from "#kit";
import { each } from "./paths.js";

const SLANT = 0.34; // how far a row lies to the left of the one behind it, in cells
const FLAT = 0.58; // how tall a cell looks
const SPARE = 2.2; // room on either side for windows that reach into the padding, in cells
const TYPE = 32; // how much larger numbers are set than they are shown

/**
 * Screen geometry for an input of `shape` in a drawing `width` wide, with `levels` planes below the
 * output. `depth` is the height from the output to the input, where another drawing settles it; `flat`
 * how tall a cell looks, `spare` the cells of room on either side.
 */
export function projection(shape, levels, width, depth = 0, { flat = FLAT, spare = SPARE } = {}) {
  const [rows, columns] = shape;
  const unit = width / (columns + rows * SLANT + 2 * spare);
  const drop = unit * flat;
  // Deep stacks get less air between planes, so that they do not run off the screen.
  const gap = depth / levels || Math.max(72, rows * drop * [1.5, 0.94, 0.66][Math.min(levels, 3) - 1]);
  const left = unit * (spare + rows * SLANT);
  const top = unit * spare * flat + 18;
  const at = (row, column, level) => [
    left + column * unit - row * unit * SLANT, top + level * gap + row * drop,
  ];
  return {
    unit, at, width,
    depth: levels * gap,
    height: top + levels * gap + (rows + spare) * drop + 12,
    matrix: (level) => `matrix(${[unit, 0, -unit * SLANT, drop, ...at(0, 0, level)].map(round)})`,
    /** The input pixel (fractional) under a point of the drawing, on the plane of a level. */
    under(x, y, level) {
      const row = (y - top - level * gap) / drop;
      return [row, (x - left) / unit + row * SLANT];
    },
  };
}

const round = (x) => Math.round(x * 100) / 100;
const path = (points) => `M${points.map((p) => p.map(round).join(" ")).join("L")}Z`;
const corners = ([[top, bottom], [left, right]]) => [[top, left], [top, right], [bottom, right], [bottom, left]];
const rect = ([[top, bottom], [left, right]]) => ({ x: left, y: top, width: right - left, height: bottom - top });

/** The grid lines of a plane. */
export function lines([[top, bottom], [left, right]], [rows, columns]) {
  const [dy, dx] = [(bottom - top) / rows, (right - left) / columns];
  const across = Array.from({ length: rows + 1 }, (_, i) => `M${left} ${top + i * dy}H${right}`);
  const down = Array.from({ length: columns + 1 }, (_, i) => `M${left + i * dx} ${top}V${bottom}`);
  return [...across, ...down].join("");
}

/** Call `fn(count, box)` for every cell of a plane that some path crosses. */
function eachCell(plane, counts, fn) {
  const [dy, dx] = cellSize(plane);
  const [[top], [left]] = plane.box;
  each(counts, plane.shape, (n, row, column) =>
    fn(n, [[top + row * dy, top + (row + 1) * dy], [left + column * dx, left + (column + 1) * dx]]));
}

const cellSize = ({ box, shape }) => box.map(([from, to], a) => (to - from) / shape[a]);

function frustum({ kind, upper, lower, from, to }, view) {
  const above = corners(upper).map(([r, c]) => view.at(r, c, from));
  const under = corners(lower).map(([r, c]) => view.at(r, c, to));
  const edge = (i) => `M${above[i].map(round)}L${under[i].map(round)}`;
  // The faces are opaque in a group that is not, so that where they overlap is no darker.
  const faces = above.map((_, i) => [above[i], above[(i + 1) % 4], under[(i + 1) % 4], under[i]]);
  return svg("g", { class: `iw-kind-${kind}` },
    svg("g", { class: "iwin-side" }, [under, ...faces].map((face) => svg("path", { d: path(face) }))),
    svg("path", { class: "iwin-far", d: edge(0) }),
    svg("path", { class: "iwin-edge", d: [1, 2, 3].map(edge).join("") }));
}

/** Numbers that lie in the plane, where they fit. Browsers round small type: it is set large and reduced. */
function numbers(plane, counts, view, max) {
  const [size] = cellSize(plane);
  const digits = String(max).length;
  const em = (digits > 2 ? 0.46 : 0.62) * size;
  if (view.unit * em < 7.5) return null;
  const found = [];
  eachCell(plane, counts, (n, [[y], [x]]) => found.push(svg("text", {
    x: TYPE * (x + size / 2), y: TYPE * (y + size / 2 + 0.36 * em), class: n > 0.6 * max ? "iwin-dark" : null,
  }, String(n))));
  if (found.length > 100) return null; // a swarm: the heat beside it says it better
  return svg("g", { class: "iwin-counts", transform: `scale(${1 / TYPE})`, "font-size": round(TYPE * em) }, found);
}

const sumOf = (plane) => {
  const total = new Float64Array(plane.shape[0] * plane.shape[1]);
  for (const { counts } of plane.cells.values()) counts.forEach((n, i) => { total[i] += n; });
  return total;
};

function tensor(plane, view, ground) {
  const whole = rect(plane.box);
  const total = sumOf(plane);
  const max = total.reduce((a, b) => Math.max(a, b), 0);
  const parts = [svg("rect", { class: "iwin-plane", ...whole })];
  if (ground) {
    // What counts for little is veiled, what is not seen almost gone.
    if (ground.href) parts.push(svg("image", { href: ground.href, ...whole, preserveAspectRatio: "none" }));
    let unseen = `M${whole.x} ${whole.y}h${whole.width}v${whole.height}h${-whole.width}z`;
    eachCell(plane, total, (n, box) => {
      unseen += `M${box[1][0]} ${box[0][0]}v1h1v-1z`;
      parts.push(svg("rect", { class: "iwin-veil", ...rect(box), opacity: round(0.62 * (1 - n / max)) }));
    });
    if (max) parts.push(svg("path", { class: "iwin-veil", d: unseen, opacity: 0.62 }));
  } else {
    for (const { kind, counts } of plane.cells.values()) {
      eachCell(plane, counts, (n, box) => parts.push(svg("rect", {
        class: `iwin-cell iw-kind-${kind}`, ...rect(box), opacity: round(0.12 + 0.68 * (n / max)),
      })));
    }
  }
  parts.push(svg("path", { class: "iwin-lines", d: lines(plane.box, plane.shape) }));
  parts.push(...nested(plane.marks, 0.11).map(({ kind, box }) =>
    svg("rect", { class: `iwin-mark iw-kind-${kind}`, ...rect(box) })));
  if (plane.cell) {
    const side = cellSize(plane);
    const box = plane.box.map(([from], a) => [0, 1].map((i) => from + (plane.cell[a] + i) * side[a]));
    parts.push(svg("rect", { class: "iwin-output", ...rect(box) }));
  }
  return svg("g", { transform: view.matrix(plane.level), class: ground && "iwin-ground" },
    parts, max ? numbers(plane, total, view, max) : null);
}

/**
 * Draw a scene into an svg element.
 *
 * @param root the svg element
 * @param now a scene, see model/receptive_field_scene.js
 * @param view a projection
 * @param href the photograph in as many pixels as the input has, as an image
 * @param held the plane whose cells can be taken hold of, by default the output's; only the cell that is
 *   picked, where `cellOnly`
 */
export function drawStack(root, now, view, href, held = now.planes.at(-1), cellOnly = false) {
  const layers = [];
  for (let level = now.levels; level >= 0; level--) {
    for (const plane of now.planes) {
      if (plane.level === level) layers.push(tensor(plane, view, level === now.levels ? { href } : null));
    }
    for (const cone of now.frusta) if (cone.to === level) layers.push(frustum(cone, view));
  }
  // The grip lies over one plane alone, so that a finger elsewhere still scrolls the page.
  const grip = cellOnly
    ? held.box.map(([from, to], a) => [-1, 2].map((by) => from + ((held.cell[a] + by) * (to - from)) / held.shape[a]))
    : held.box;
  layers.push(svg("path", {
    class: "iwin-grip", d: path(corners(grip).map(([r, c]) => view.at(r, c, held.level))),
  }));
  layers.push(...names(now, view));
  set(root, { viewBox: `0 0 ${round(view.width)} ${round(view.height)}`, height: round(view.height) });
  root.replaceChildren(...layers);
}

/** What stands between two planes, and what the outer ones are. */
function names({ shape: [rows, columns], last, levels, branches, planes }, view) {
  const label = (words, [x, y], dx, dy, kind, anchor = "start") =>
    svg("text", { class: kind, x: x + dx, y: y + dy, "text-anchor": anchor }, words);
  return [
    label(`output ${last.shape.join("×")}`, view.at(0, columns, 0), 6, -6, "iwin-name", "end"),
    label(`input ${rows}×${columns}`, view.at(rows, 0, levels), 0, 16, "iwin-name"),
    branches.length > 1 ? [] : planes.flatMap(({ labels, level }) => [...labels].map((words) =>
      label(words, view.at(0.8 * rows, columns, level), 12, 5, "iwin-step"))),
  ].flat();
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
