/**
 * A k×k and 3×3 in a row, from one cell: of the output down to the photograph, or of the photograph up.
 * A state is { layers, look, row, column }.
 */

import { cone, coneFrom } from "../_windows/cone.js";
import { each, fromRows, within } from "../_windows/paths.js";

export const SHAPE = [9, 13];

/** Side of the window that the layers see together. */
export const sideOf = ({ layers }) => 2 * layers + 1;

/** Convolutions with "same" padding one after another, over the photograph's cells. */
const stack = (kernels) => fromRows([
  ["input", "input", [], ...SHAPE],
  ...kernels.map((k, i) => [`layer ${i + 1}`, "conv", [i], ...SHAPE, k, k, 1, 1, (k - 1) / 2, (k - 1) / 2]),
]);

/** Both drawings, as `drawStack` wants them: [the single convolution, the 3×3 in a row]. */
export function scenes(state) {
  const cell = [within(state.row, SHAPE[0]), within(state.column, SHAPE[1])];
  return [[sideOf(state)], Array.from({ length: state.layers }, () => 3)].map((kernels) => {
    const nodes = stack(kernels);
    const last = nodes.at(-1);
    const found = state.look === "sees" ? cone(nodes, last.name, cell) : coneFrom(nodes, cell);
    return { ...found, shape: SHAPE, last };
  });
}

/** Cells at the other end, and the most and fewest paths to one of them. */
export function spread({ counts }) {
  const found = { cells: 0, most: 0, least: Infinity };
  each(counts, SHAPE, (n) => {
    found.cells += 1;
    found.most = Math.max(found.most, n);
    found.least = Math.min(found.least, n);
  });
  return found;
}

/** Every number that the page shows, by the name of its <output>. */
export function readouts(state) {
  const found = {};
  scenes(state).forEach((scene, i) => {
    for (const [name, value] of Object.entries(spread(scene))) found[`${["one", "stack"][i]}-${name}`] = value;
  });
  delete found["one-least"]; // under one convolution all cells have one path
  return found;
}
