/** Every word of TableWalk. */

import { compact, decimal } from "#kit";
import { STEPS } from "./model.js";

export const LABEL = "Table 1 and the released network, row by row";

export const CAPTION =
  "Height and width of a box are its grid, to scale, its depth is the square root of its channels. One path where paper and " +
  "release agree, two where not. On the faces: trained maps, at 299 pixels. Drag to turn; tap a cell to see what it sees.";

/** The heading beside the picture; on its chip a step has its bare name. */
export const nameOf = (step) =>
  step === "whole" ? "Thirteen rows" : { "6a": "6a, between rows 8 and 9", "7a": "7a, between rows 9 and 10" }[step] ?? `Row ${step}`;

export const PRESETS = [
  { id: "whole", label: "whole", state: { step: "whole", tensor: "", row: -1, column: -1 }, note: "" },
  ...STEPS.map((step) => ({
    id: `row-${step}`, label: step, state: { step, tensor: "", row: -1, column: -1 }, note: "",
  })),
  { id: "a-pixel-more", label: "300", state: { step: "1", size: 300, tensor: "" }, note: "" },
  { id: "cell", label: "a cell of 5d", state: { step: "8", size: 299, tensor: "release Mixed_5d", row: 0, column: 20 }, note: "" },
  { id: "answer", label: "the logits", state: { step: "12", size: 299, tensor: "both fc", row: 0, column: 0 }, note: "" },
];

export const READOUTS = {
  "macs-paper": ["Table 1, in all", "multiply-adds"],
  "macs-release": ["released, in all", "multiply-adds"],
  cut: ["grids with a border that nothing reads", ""],
  "reads-paper": ["Table 1: the row reads", ""],
  "reads-release": ["released: the row reads", ""],
  "row-paper": ["Table 1: the row", "multiply-adds"],
  "row-release": ["released: the row", "multiply-adds"],
  "left-paper": ["Table 1: rows never read", "rows"],
  "left-release": ["released: rows never read", "rows"],
  "tensor-shape": ["the tensor", ""],
  cell: ["the cell, row and column", ""],
  "cell-window": ["its receptive field", "pixels"],
  "cell-seen": ["of the image it sees", "pixels"],
};

export const LANE = { paper: "Table 1", release: "released" };

/** What a step does in a lane: "3 × Figure 5". */
export function doing(stations, step, lane) {
  if (step === "13") return "softmax";
  const there = stations.filter((s) => s.step === step && (s.lane === lane || s.lane === "both"));
  return `${there.length > 1 ? `${there.length} × ` : ""}${there[0].does}`;
}

/** Where no grid has such a border. */
export const noneLeft = (size) => `${decimal(size, 0)} pixels: no border left over`;

/** How many grids have a border that nothing reads. */
export const cutWords = (cut) => `${cut === 1 ? "grid ends" : "grids end"} in a row and a column that no layer reads`;

export const TEXT = {
  walk: "Rows of Table 1", size: "Side of the image, pixels", space: "in space", flat: "flat drawing",
  previous: "previous row", next: "next row", row: "", does: "layer", reads: "reads", macs: "multiply-adds", left: "never read",
  total: "whole network", lines: (n) => (n === 1 ? "1 row, 1 column" : `${n} rows, ${n} columns`), grids: "shape", cell: "cell",
  window: "receptive field", seen: "of the image it sees", over: "1 over",
  untrained: "We know of no trained weights for Table 1 as printed.",
  stage: "The two networks in space. Arrow keys turn, plus and minus zoom, Page Up and Page Down go from row to row, comma and " +
    "full stop from tensor to tensor, Shift with arrows moves the picked cell, 0 goes back, Escape lets go.",
  whole: "Rows 1 to 4 and 10 to 13 are the same in the paper and in the network that its authors released. In between the two part.",
};

export const spoken = (step, numbers) =>
  `${nameOf(step)}. Table 1 ${compact(numbers["macs-paper"])}, released ${compact(numbers["macs-release"])} multiply-adds` +
  `${numbers.cut ? `; ${decimal(numbers.cut, 0)} ${cutWords(numbers.cut)}` : ""}.`;
