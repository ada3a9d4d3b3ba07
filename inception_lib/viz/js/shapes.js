/**
 * The book's vocabulary of drawing: a tensor is a box whose height and width are to scale and whose
 * depth is the square root of its channels; an operation is what stands between two boxes.
 */

import { svg } from "./dom.js";

const SLANT = [0.8, -0.5]; // where depth goes on the page, per pixel of depth
const DEPTH = 3.5; // pixels of depth for √channels, in pixels a cell

/** Size on the page of a tensor of `grid` × `grid` × `channels`; `scale` is pixels a cell. */
export function boxSize(grid, channels, scale) {
  const face = grid * scale;
  const depth = Math.sqrt(channels) * scale * DEPTH;
  const [dx, dy] = [depth * SLANT[0], depth * SLANT[1]];
  return { face, dx, dy, width: face + dx, height: face - dy };
}

/** Channels whose box reaches `dx` to the side of its face: the inverse of `boxSize`. */
export const channelsAt = (dx, scale) => (Math.max(dx, 0) / (SLANT[0] * DEPTH * scale)) ** 2;

/** A tensor with the left edge of its face at x, vertically centred on y. */
export function box(x, y, size) {
  const { face, dx, dy } = size;
  const top = y - (face - dy) / 2 - dy;
  const path = (...points) => `M${points.map((p) => p.map((v) => v.toFixed(1)).join(" ")).join("L")}Z`;
  const back = [x + face + dx, top + dy];
  return svg("g", { class: "iw-box" },
    svg("path", { class: "iw-box-top", d: path([x, top], [x + dx, top + dy], back, [x + face, top]) }),
    svg("path", {
      class: "iw-box-side",
      d: path([x + face, top], back, [back[0], back[1] + face], [x + face, top + face]),
    }),
    svg("rect", { class: "iw-box-face", x, y: top, width: face, height: face }));
}

/** Corners of that box that can be taken hold of: of its face (grid), of its back (channels). */
export function boxCorners(x, y, { face, dx, dy }) {
  const top = y - (face - dy) / 2 - dy;
  return { face: [x + face, top + face], back: [x + face + dx, top + dy] };
}

/** A kernel as its cells, centred on (x, y), in the colour of `kind`. */
export function kernel(x, y, [height, width], cell, kind) {
  const [left, top] = [x - (width * cell) / 2, y - (height * cell) / 2];
  const lines = [];
  for (let i = 1; i < width; i++) lines.push(`M${left + i * cell} ${top}v${height * cell}`);
  for (let i = 1; i < height; i++) lines.push(`M${left} ${top + i * cell}h${width * cell}`);
  return svg("g", { class: "iw-kernel" },
    svg("rect", { class: `iw-fill-${kind}`, x: left, y: top, width: width * cell, height: height * cell }),
    svg("path", { d: lines.join("") }));
}
