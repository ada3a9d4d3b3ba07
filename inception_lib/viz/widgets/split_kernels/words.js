/** Every word of the figure. */

import { compact } from "#kit";

export const LABEL = "A module whose kernels are split, and its tensors with them";

export const CAPTION =
  "A box is a tensor of 17×17 cells, its depth the square root of its channels; a plate is a kernel, the cells that one cell " +
  "behind it reads. Bright: all that the output’s middle cell sees. Every module has the same input and widths. Drag to turn.";

const NAMES = ["5×5", "3×3 · 3×3", "7×7", "1×7 · 7×1"];

export const PRESETS = NAMES.map((label, stop) => ({ id: `stop-${stop}`, label, state: { stop }, note: "" }));

export const READOUTS = {
  macs: ["the nearest module", "multiply-adds"],
  params: ["the nearest module", "parameters"],
  window: ["of its input a cell of the output sees", "cells"],
};

/** Of each module: where the paper draws it, and what has happened to its kernels. */
export const STOPS = [
  ["Figure 4: squares", "Beside a 1×1 and a pool, one branch has a 3×3 and one a 5×5."],
  ["Figure 5: two for one", "The 5×5 has parted into two 3×3, with a tensor between. The output sees what it saw."],
  ["Squares of seven", "The 3×3 and both of the pair have grown to 7×7: the output sees far more, and pays for it."],
  ["Figure 6: lines", "Each 7×7 has parted into a row and a column. The output still sees as much."],
];

export const TEXT = {
  slider: "Between the modules", chips: "Modules", space: "in space", flat: "flat drawing", macs: "multiply-adds",
  params: "parameters", window: "cells it sees of the input", input: "input", output: "output",
  stage: "The module in space. Arrow keys turn it, plus and minus zoom, Page Up and Page Down go from module to module, 0 goes back.",
  bar: (name, macs) => `${name}: ${compact(macs)} multiply-adds`,
  place: (stop) => (Number.isInteger(stop) ? NAMES[stop] : `between ${NAMES[Math.floor(stop)]} and ${NAMES[Math.ceil(stop)]}`),
  said: (stop, numbers) => `${STOPS[stop][0]}. ${compact(numbers.macs)} multiply-adds, sees ${numbers.window} cells.`,
};
