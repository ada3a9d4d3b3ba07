/** A tensor as a stack of sheets, and a single sheet with its trained map. */

import { set, svg, viridis } from "#kit";

const path = (...points) => `M${points.map((p) => p.map((v) => v.toFixed(1)).join(" ")).join("L")}Z`;

/**
 * `count` sheets, the first in front with the lower left corner of its face at (x, foot).
 * Every fourth edge is drawn, so that a thick stack can be told from a thin one.
 */
export function stack({ x, foot, count, first = 0, place, colour, shift = [0, 0], map = null }) {
  const { face, ux, uy } = place;
  const at = (k) => [x + (first + k) * ux + shift[0], foot + (first + k) * uy + shift[1]];
  const [left, bottom] = at(0);
  const [backX, backY] = at(count);
  const [dx, dy] = [backX - left, backY - bottom];
  const [top, right] = [bottom - face, left + face];
  const every = 4;
  let edges = "";
  for (let k = every; k < count; k += every) {
    const [ex, ey] = at(k);
    edges += `M${ex.toFixed(1)} ${(ey - face).toFixed(1)}h${face}v${face}`;
  }
  return svg("g", { class: `um-stack um-${colour}` },
    svg("path", { class: "um-side", d: path([left, top], [left + dx, top + dy], [right + dx, top + dy], [right + dx, bottom + dy], [right, bottom], [right, top]) }),
    svg("path", { class: "um-edges", d: edges }),
    svg("path", { class: "um-ridge", d: `M${left} ${top}L${left + dx} ${top + dy}h${face}v${face}L${right} ${bottom}M${right} ${top}l${dx} ${dy}` }),
    svg("rect", { class: "um-face", x: left, y: top, width: face, height: face }),
    map && tile({ ...map, index: first + (map.offset ?? 0) }, left, top, face));
}

/** Tile `index` of a grey mosaic, in the book's map for magnitudes. */
export function tile({ src, tile: side, columns, shape, index, filter }, x, y, size) {
  const [column, row] = [index % columns, Math.floor(index / columns)];
  return svg("svg", {
    x, y, width: size, height: size, class: "um-map",
    viewBox: `${column * side} ${row * side} ${side} ${side}`,
  }, svg("image", {
    href: src, width: columns * side, height: Math.ceil(shape[0] / columns) * side, filter: `url(#${filter})`,
  }));
}

/** Grey to viridis, as a filter with that id. */
export function greyToMagnitude(id) {
  const stops = Array.from({ length: 17 }, (_, i) => viridis(i / 16).map((v) => (v / 255).toFixed(3)));
  return svg("filter", { id, "color-interpolation-filters": "sRGB", x: 0, y: 0, width: 1, height: 1 },
    svg("feComponentTransfer", {}, ["R", "G", "B"].map((channel, c) =>
      svg(`feFunc${channel}`, { type: "table", tableValues: stops.map((stop) => stop[c]).join(" ") }))));
}

/** One sheet, taken a little out of its stack. */
export function pulled(x, foot, place, colour, map) {
  const { face } = place;
  return svg("g", { class: `um-pulled um-${colour}` },
    set(svg("rect", { class: "um-face" }), { x, y: foot - face, width: face, height: face }),
    map && tile(map, x, foot - face, face));
}
