/** Every word of SharedCells. */

export const LABEL = "What two 3×3 cost where neighbours share the first layer";

export const CAPTION =
  "The cells of the first 3×3 that a patch of outputs needs; a number says how many outputs read the cell. The patch " +
  "itself is framed: pull its corner. Costs are multiply-adds for one output and one pair of channels, inside the image, " +
  "where no padding is.";

export const PRESETS = [
  { id: "one", label: "one output", state: { patch: 1 } },
  { id: "row", label: "3×3 outputs", state: { patch: 3 } },
];

export const CHOICE = "Outputs";
export const PATCH = "Outputs, cells a side";
export const ROWS = { one: "one 5×5", alone: "two 3×3, each output alone", shared: "two 3×3, shared" };
export const WITHOUT_END = "18 without end, the paper’s 18 of 25";
export const CELLS = ["cells of the first layer, in place of", "if each output computes its own"];
export const spoken = ({ patch }, numbers) =>
  `${patch}×${patch} outputs: shared, two 3×3 take ${numbers.shared.toFixed(1)} multiply-adds an output, one 5×5 takes 25.`;
export const HELD = (n) => `${n}×${n} outputs`;

export const READOUTS = {
  one: ["one 5×5, an output and pair of channels", "multiply-adds"],
  alone: ["two 3×3, each output alone", "multiply-adds"],
  shared: ["two 3×3, shared", "multiply-adds"],
  "cells-alone": ["cells of the first layer, not shared", "cells"],
  "cells-shared": ["cells of the first layer, shared", "cells"],
};
