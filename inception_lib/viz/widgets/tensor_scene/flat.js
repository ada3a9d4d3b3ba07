/**
 * The same picture as SVG: without WebGL, for print, and where the reader wants nothing to move.
 * Boxes are painted from the farthest to the nearest; a map is laid on its face by three corners.
 */

import { fill, set, svg } from "#kit";
import { project } from "./model.js";

const css = (rgb) => `rgb(${rgb.map((x) => Math.round(255 * Math.min(1, Math.max(0, x)))).join()})`;
const mix = (a, b, t) => a.map((x, k) => x + (b[k] - x) * t);
const shape = (points) => `M${points.map((p) => `${p[0].toFixed(1)} ${p[1].toFixed(1)}`).join("L")}Z`;

/** @param picture (solid) => address of the image on its face, or null */
export function flat(root, picture) {
  function draw(view, size, { solids, lines }, { paper, ink, accent }) {
    set(root, { viewBox: `0 0 ${size[0]} ${size[1]}`, width: size[0], height: size[1] });
    const seen = solids.map((solid) => outline(solid, view, size)).filter(Boolean);
    fill(root,
      lines.map(({ points, rgba, width }) => {
        const flatPoints = points.map((p) => project(view, p, size));
        if (flatPoints.some((p) => p[2] < 2)) return null;
        return svg("path", {
          d: shape(flatPoints).slice(0, -1), fill: "none", stroke: css(rgba), "stroke-opacity": rgba[3],
          "stroke-width": width,
        });
      }),
      inOrder(seen, view).map(({ solid, faces, front }) => svg("g", {},
        faces.map(({ points, light }) => svg("path", {
          d: shape(points), fill: css(mix(mix(solid.rgb, light > 1 ? [1, 1, 1] : [0, 0, 0], Math.abs(1 - light)), paper, solid.ghost)),
          stroke: css(solid.picked ? accent : mix(mix(solid.rgb, ink, 0.5), paper, solid.ghost)),
          "stroke-width": solid.picked ? 2 : 0.7, "stroke-linejoin": "round",
        })),
        front && map(solid, front, view, size, paper))));
  }

  function map(solid, front, view, size, paper) {
    const [a, b, , d] = front; // top left, top right, bottom right, bottom left
    const across = [b[0] - a[0], b[1] - a[1]];
    const down = [d[0] - a[0], d[1] - a[1]];
    const address = Math.hypot(...down) > 3 ? picture(solid) : null;
    const window = solid.window && corners(solid, solid.window).map((p) => project(view, p, size));
    return [
      address && svg("image", {
        href: address, width: 1, height: 1, preserveAspectRatio: "none", style: { "image-rendering": "pixelated" },
        opacity: 1 - solid.ghost, transform: `matrix(${[...across, ...down, a[0], a[1]].map((x) => x.toFixed(3)).join(" ")})`,
      }),
      window && svg("path", {
        d: shape(front) + shape(window), fill: css(paper), "fill-opacity": 0.6, "fill-rule": "evenodd",
      }),
      window && svg("path", { d: shape(window), fill: "none", stroke: "#141414", "stroke-width": 3.4 }),
      window && svg("path", { d: shape(window), fill: "none", stroke: "#fff", "stroke-width": 1.6 }),
    ];
  }

  return { draw };
}

/** Corners of a window on the face of a box: top left, top right, bottom right, bottom left. */
export function corners({ at, size, cells }, [top, bottom, left, right]) {
  const [columns, rows] = cells;
  const x = at[0] - size[0] / 2;
  const y = (row) => at[1] + size[1] * (0.5 - row / rows);
  const z = (column) => at[2] + size[2] * (column / columns - 0.5);
  return [[x, y(top), z(left)], [x, y(top), z(right + 1)], [x, y(bottom + 1), z(right + 1)], [x, y(bottom + 1), z(left)]];
}

/** The faces of a box that can be seen; null where it is behind the reader. */
function outline(solid, view, size) {
  const { at, size: sides } = solid;
  const corner = (sx, sy, sz) => project(view, [sx, sy, sz].map((s, k) => at[k] + (s * sides[k]) / 2), size);
  const toLeft = view.eye[0] < at[0] - sides[0] / 2;
  const toRight = view.eye[0] > at[0] + sides[0] / 2;
  const before = view.eye[2] > at[2] + sides[2] / 2;
  const behind = view.eye[2] < at[2] - sides[2] / 2;
  const x = toLeft ? -1 : 1;
  const z = before ? 1 : -1;
  const faces = [];
  const front = [corner(x, 1, -1), corner(x, 1, 1), corner(x, -1, 1), corner(x, -1, -1)];
  const top = [corner(-1, 1, -1), corner(1, 1, -1), corner(1, 1, 1), corner(-1, 1, 1)];
  const side = [corner(-1, 1, z), corner(1, 1, z), corner(1, -1, z), corner(-1, -1, z)];
  const all = [...front, ...top, ...side];
  if (all.some((p) => p[2] < 2)) return null;
  if (toLeft || toRight) faces.push({ points: front, light: 0.9 });
  if (view.eye[1] > at[1] + sides[1] / 2) faces.push({ points: top, light: 1.2 });
  if (before || behind) faces.push({ points: side, light: 0.82 });
  const range = (k) => [Math.min(...all.map((p) => p[k])), Math.max(...all.map((p) => p[k]))];
  return { solid, faces, front: toLeft ? front : null, across: range(0), down: range(1) };
}

/** Boxes so that none is painted over one that is nearer. */
export function inOrder(list, view) {
  const behind = (a, b) => {
    // A plane between two boxes: the one on the reader's side is nearer.
    for (let k = 0; k < 3; k++) {
      const [p, q] = [a.solid, b.solid];
      if (p.at[k] + p.size[k] / 2 <= q.at[k] - q.size[k] / 2 + 1e-3) return view.eye[k] > q.at[k] - q.size[k] / 2;
      if (q.at[k] + q.size[k] / 2 <= p.at[k] - p.size[k] / 2 + 1e-3) return view.eye[k] < p.at[k] - p.size[k] / 2;
    }
    return false;
  };
  const apart = (a, b) => a[1] < b[0] || b[1] < a[0];
  const done = new Set();
  const found = [];
  const visit = (item) => {
    if (done.has(item)) return;
    done.add(item);
    for (const other of list) {
      if (done.has(other) || apart(item.across, other.across) || apart(item.down, other.down)) continue;
      if (behind(other, item)) visit(other);
    }
    found.push(item);
  };
  list.forEach(visit);
  return found;
}
