/** Every word of SavingByAlpha. */

export const LABEL = "What two 3×3 save of a 5×5, by how much the layer widens";

export const CAPTION =
  "From c channels to α·c: one 5×5, or two 3×3 that each widen by √α. A box is a tensor, its depth the square root of its " +
  "channels. Rings: the nine 5×5 of GoogLeNet, some of the same α. Drag the point along the curve.";

export const PRESETS = [
  { id: "same", label: "α = 1", state: { alpha: 1 } },
  { id: "paper", label: "α = 1.5, the paper’s", state: { alpha: 1.5 } },
];

export const CHOICE = "How much the layer widens";
export const ALPHA = "α, channels out ÷ channels in";
export const SAVED = { saved: "saved", more: "more" };
export const PAPER_NAME = "the paper: “approximately 1.5”";
export const NETWORK = "GoogLeNet";
export const ROWS = { single: "one 5×5", pair: "two 3×3" };
export const UNIT = "c² a cell";
export const HELD = (alpha, saving) => `α ${alpha}: ${saving} saved`;
export const DOT = (names) => `GoogLeNet ${names.join(", ")}`;
export const spoken = (alpha, words) => `α ${alpha}: ${words}.`;

export const READOUTS = {
  saving: ["saved by two 3×3", "%"],
  single: ["one 5×5", "c² multiply-adds a cell"],
  pair: ["two 3×3", "c² multiply-adds a cell"],
};
