/** Every word of WidthAndDepth. */

export const LABEL = "Error of small networks of one cost, by their depth";

export const CAPTION =
  "Networks of 3×3 convolutions on handwritten digits of 8×8 pixels; for each depth the widest that the budget allows. " +
  "Dots: the test error of three seeds; line: their mean. Pale: the other two budgets.";

export const PRESETS = [
  { id: "small", label: "0.25 M multiply-adds", state: { budget: "small" } },
  { id: "middle", label: "1 M", state: { budget: "middle" } },
  { id: "large", label: "4 M", state: { budget: "large" } },
];

export const CHOICE = "Budgets";
export const PLACE = "Depth";
export const DEEP = (depth) => `${depth} layers`;
export const WIDE = (width) => `${width} wide`;
export const TEXT = (depth, width) => `${depth} layers of ${width} channels`;
export const BESIDE = { depth: " layers of", width: " channels,", macs: " multiply-adds an image:", error: " wrong" };

export const READOUTS = {
  depth: ["layers", ""], width: ["channels", ""], macs: ["cost of an image", "multiply-adds"],
  error: ["mean test error", "%"],
};
