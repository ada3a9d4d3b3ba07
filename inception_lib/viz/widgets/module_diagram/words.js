/**
 * What is to be seen in each figure of the book, by id. Numbers come from the layouts themselves:
 * `now` is the figure, `first` the first of its group, `share(name)` a layer's part of the cost.
 */

import { compact, percent } from "#kit";
import { saving } from "./model.js";

const total = (boxes, test) => boxes.filter(test).reduce((sum, b) => sum + b.macs, 0);
const part = (now, test) => percent(total(now.boxes, test) / now.macs, 0);
const square = (n) => (b) => b.op === "conv" && b.kernel[0] === n && b.kernel[1] === n;
const large = (b) => b.role === "large-2" && Math.max(...b.kernel) > 1;
/** What the large kernels of the long branch save against the first figure's. */
const inBranch = (now, first) => percent(1 - total(now.boxes, large) / total(first.boxes, large), 0);

const NOTES = {
  "figure-4": (now) =>
    `The form of GoogLeNet’s module, with 64 channels everywhere: the 5×5 alone takes ${part(now, square(5))} of the ` +
    "multiply-adds. GoogLeNet itself lets far fewer channels into its 5×5.",
  "figure-5": (now, first) =>
    `The 5×5 becomes two 3×3. They see the same 5×5 and cost ${inBranch(now, first)} less; the whole module, ` +
    `${percent(saving([first, now], now))} less.`,
  "figure-6-n3": (now, first) =>
    "Each 3×3 becomes a row and a column: a third less again, and the window stays. Against Figure 4 the module " +
    `saves ${percent(saving([first, now], now))}.`,
  "figure-6": (now, first) =>
    `Rows and columns stay cheap when they grow. With n = 7, as the paper has it, a cell sees ${now.window.join("×")} ` +
    `instead of ${first.window.join("×")}, for ${percent(-saving([first, now], now))} more than Figure 4.`,
  "figure-7": (now, first) =>
    "The last row and column stand side by side, and both go to the concatenation: " +
    `${now.output_shape[0]} channels instead of ${first.output_shape[0]}. The window loses its corners: a cell sees ` +
    `${now.seen} of its ${now.window[0] * now.window[1]} cells.`,
  "googlenet-3a": (now) =>
    `As GoogLeNet has it, at 28×28: only 16 channels enter the 5×5, so it takes ${part(now, square(5))}. The 3×3 ` +
    `takes ${part(now, square(3))}.`,
  "mixed-5b": (now) =>
    `The released Inception-v3, at 35×35: it kept a 5×5 (${part(now, square(5))}) where Figure 5 has a 3×3, beside ` +
    "the two 3×3.",
  "mixed-6b": (now) =>
    `At 17×17 with ${now.input_shape[0]} channels: n = 7, so a cell sees ${now.window.join("×")} of the 17×17. ` +
    "Inside the branches the width is 128.",
  "mixed-7b": (now) =>
    `At 8×8, the coarsest grid: the bank is expanded to ${now.output_shape[0]} channels for ` +
    `${compact(now.macs)} multiply-adds, about as many as at 35×35 and 17×17.`,
};

/** The sentence for a figure, `""` for figures that are not the book's. */
export const noteFor = (now, first) => NOTES[now.id]?.(now, first) ?? "";

export const LABEL = "An Inception module from figure to figure";

export const CAPTION =
  "From the input below to the concatenation above. A branch is sky blue with a 1×1 alone, green with one k×k, orange with " +
  "its factors, grey with the pool (max in Figure 4 and GoogLeNet, average in the others). A tensor’s face is to scale, its " +
  "depth the square root of its channels; a kernel’s share is of the multiply-adds. “Same input”: all convolutions 64 wide.";

export const OWN = "From the input below to the concatenation above; a tensor’s face is to scale, its depth the square root of " +
  "its channels. Beside a kernel stands its share of the multiply-adds. Arrow keys step; point at a kernel for its numbers.";

/** The book's figures, and one with a layer picked; the chips take their names from Python. */
export const PRESETS = [
  ...[...Object.keys(NOTES)].map((id) => ({ id, label: id, state: { figure: id, box: "" }, note: "" })),
  { id: "a-layer", label: "a layer", state: { figure: "figure-5", box: "branch3x3dbl_2" }, note: "" },
];

/** What each number of the page is, and its unit. */
export const READOUTS = {
  macs: ["the module", "multiply-adds"],
  params: ["the module", "parameters"],
  window: ["its window", "cells"],
  saving: ["saved against the first figure", "%"],
  "box-shape": ["the layer’s output", ""],
  "box-macs": ["the layer", "multiply-adds"],
  "box-share": ["of the module’s multiply-adds", "%"],
  "box-params": ["the layer", "parameters"],
  "box-window": ["the layer’s window", "cells"],
};
