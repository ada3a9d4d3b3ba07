/** Every word of the scene. Numbers come from the layout; `facts` are the readouts of the moment. */

import { compact, percent } from "#kit";

export const LABEL = "A network in space";

const BOXES =
  "A box is a tensor: its height and width are the grid, to scale; its depth is the square root of its channels. Data flow " +
  "to the right, and row by row towards you. ";
const HANDS = "Drag to turn, Ctrl-scroll or pinch to zoom.";

export const CAPTION =
  `${BOXES}On its face is one channel of what the authors’ trained trunk makes of the photograph (through Mixed_7a, where ` +
  `the published weights end). ${HANDS}`;

export const OWN_CAPTION = BOXES + HANDS;

/** The walk: a name and two sentences for each step, by id. */
const STEPS = {
  whole: ["Whole", ({ macs, tensors }) =>
    `The grid shrinks from 299 to 8 while the channels grow from 3 to 2,048. ${compact(macs)} multiply-adds make ` +
    `${tensors} tensors.`],
  stem: ["Stem", (f) =>
    `Five convolutions and two pools take the photograph from 299×299 to 35×35 before any branch begins. ${percent(f["step-share"], 0)} ` +
    "of all multiply-adds go here, since the grids are large."],
  module: ["Module", () =>
    "Four branches read the same tensor: a 1×1, a 5×5, two 3×3 in a row, and a pool. What they make is stacked, in this " +
    "order, into one tensor of 256 channels."],
  reduction: ["Grid reduction", () =>
    "Two convolutional branches and a pool, each with stride 2, stand side by side. The grid halves to 17×17 while the " +
    "channels grow to 768, and at no point do few numbers carry everything."],
  factorized: ["Rows and columns", () =>
    "At 17×17 a 7×7 is taken apart into 1×7 and 7×1. A branch of four such layers sees 13×13 cells, and at equal " +
    "widths it costs less than a single 7×7."],
  auxiliary: ["Auxiliary head", () =>
    "It hangs on the last tensor of 17×17 and gives a second answer. It is there in training alone; cut it off, and the " +
    "network computes the same."],
  expanded: ["Widest module", () =>
    "At 8×8 the last layers of two branches split into a row and a column side by side. All six parts are stacked into " +
    "2,048 channels."],
  classifier: ["Classifier", () =>
    "Each of the 2,048 maps is averaged to a single number, and one matrix makes a thousand scores of them. That matrix " +
    "holds more weights than the whole stem, and costs next to nothing."],
};

export const stepName = ({ id, name }) => STEPS[id]?.[0] ?? name;

/** The sentences of a step; of a network that is not the book's, one with its numbers. */
export function stepText(step, facts, own) {
  if (!own && STEPS[step.id]) return STEPS[step.id][1](facts);
  if (step.id === "whole") return `${compact(facts.macs)} multiply-adds make ${facts.tensors} tensors.`;
  return `${percent(facts["step-share"])} of the multiply-adds are done here.`;
}

export const PRESETS = [
  ...Object.entries(STEPS).map(([id, [label]]) => ({ id, label, state: { step: id, tensor: "" }, note: "" })),
  { id: "deep-cell", label: "a cell of 6e", state: { step: "whole", tensor: "Mixed_6e.concat", row: 8, column: 8 }, note: "" },
  { id: "by-cost", label: "by cost", state: { step: "whole", tensor: "", colour: "macs" }, note: "" },
  { id: "corner", label: "a corner of 5b", state: { step: "stem", tensor: "Mixed_5b.branch5x5_2", row: 0, column: 34, colour: "operation" }, note: "" },
];

export const READOUTS = {
  macs: ["the network", "multiply-adds"],
  params: ["the network", "parameters"],
  tensors: ["the network", "tensors"],
  "step-macs": ["this step", "multiply-adds"],
  "step-share": ["of the network’s multiply-adds", "%"],
  "step-params": ["this step", "parameters"],
  "scale-top": ["the brightest colour", ""],
  "tensor-shape": ["the tensor", ""],
  "tensor-params": ["the tensor’s operation", "parameters"],
  "tensor-macs": ["the tensor’s operation", "multiply-adds"],
  "tensor-share": ["of the network’s multiply-adds", "%"],
  "tensor-cell": ["the cell, row and column", ""],
  "tensor-window": ["its receptive field", "pixels"],
  "tensor-seen": ["of the image it sees", "pixels"],
};

const OPERATIONS = {
  max_pool: "max pooling", avg_pool: "average pooling", concat: "concatenation", add: "sum", mul: "product", linear: "matrix",
  input: "the image", batch_norm: "normalisation", layer_norm: "normalisation", adaptive_avg_pool: "average pooling",
};

/** What made a tensor: "3×3 convolution". */
export function operation({ op, kernel }) {
  const grid = kernel?.length ? `${kernel.join("×")} ` : "";
  return grid + (op === "conv" ? "convolution" : (OPERATIONS[op] ?? op.replaceAll("_", " ")));
}

/** A short name under a block. */
export function blockName(block, box) {
  if (block.first !== block.last) return block.name.split(".").slice(-2).join(".");
  if (box.op === "input") return "image";
  if (box.op === "conv") return `${box.kernel.join("×")} conv`;
  return { max_pool: "max pool", avg_pool: "average", linear: "matrix" }[box.op] ?? operation(box);
}

export const COLOURS = {
  operation: "operation", macs: "multiply-adds", params: "parameters", zeros: "share of zeros", values: "your numbers",
};

export const TEXT = {
  walk: "Walk", colour: "Colour by", photo: "Photograph", space: "in space", flat: "flat drawing", home: "whole view",
  unfold: "show each block", fold: "fold equal blocks", outline: "Outline of the network", previous: "previous step",
  next: "next step", unpick: "let go of the cell",
  stage: "The network in space. Arrow keys turn it, plus and minus zoom, Page Up and Page Down walk, comma and full stop " +
    "go from tensor to tensor, Shift with arrows moves the picked cell, 0 goes back, Escape lets go.",
  sees: "sees", of: "of the image", window: "receptive field", cell: "cell", through: "through all tensors before it",
  none: "no receptive field: ", hull: "not all of that window is seen: ", times: (n) => `×${n}`, zeros: (share) => `${percent(share, 0)} of its values are zero`,
  channel: (n) => `channel ${n} on its face`, hint: "Pick a cell: it lights what it sees, down to the photograph.",
  noScale: "nothing known", failed: "WebGL is not to be had here; this is the flat drawing.",
  said: (name, shape, window) => `${name}, ${shape}${window ? `, sees ${window} of the image` : ""}`,
};
