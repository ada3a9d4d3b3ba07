/** Every word of HowManyCrops. */

export const LABEL = "Where the crops of a photograph lie, and how many are needed";

export const CAPTION =
  "Left, GoogLeNet’s scheme, a cell a crop: rows are scales (a crop’s side by the photograph’s short side) and in each " +
  "the left, middle and right square; pale cells repeat an earlier crop. Framed, what this book takes for 12 and for 1. " +
  "Right, test photographs of clothes: that 1 first, then others, mean of 50 random orders; bars are 95 % intervals.";

const preset = (id, label, stop) => ({ id, label, state: { stop } });

export const PRESETS = [preset("half", "50 %", 0), preset("fourth", "80 %", 3), preset("nearly", "99 %", 6)];

export const CHOICE = "Thresholds";
export const SURE = "Stop when sure of";
export const PICK = "Crop of the scheme; arrow keys go to the next";
export const TWELVE = "12 crops";
export const COLUMNS = ["corners", "centre", "whole"];
const PARTS = ["top left corner", "top right corner", "bottom left corner", "bottom right corner", "centre", "whole"];
const SQUARES = { 1: ["the square"], 3: ["left square", "middle square", "right square"] };
/** "middle square, its centre, mirrored" */
export const cropName = ({ square, of }, view) =>
  `${SQUARES[of][square]}, ${PARTS[view >> 1]}${view % 2 ? ", mirrored" : ""}`;
export const READS = "what the network reads";
export const STANDS = (count) => ["stands", `of ${count} times;`, "crops differ"];
export const LINES = { fixed: "as many crops for every photograph", stop: "stop when sure", scheme: "1, 12, 144 crops" };
export const AXES = ["different crops of a photograph, mean", "test error"];
export const MEAN = ["crops on average, of"];
export const WRONG = "error";
export const FIRST = "stop at the first crop";
export const PRICE = ["multiply-adds a photograph, of"];
export const SETTLED = ["of", "photographs keep the answer of their first crop to the last."];
export const HELD = (sure, crops, error) => `sure of ${sure}: ${crops} crops, ${error} error`;
export const spoken = (sure, crops, error) => `Stop when sure of ${sure}: ${crops} crops on average, error ${error}.`;

export const READOUTS = {
  times: ["how often the picked crop stands in the scheme", "times"],
  different: ["different crops of the scheme", "crops"],
  crops: ["crops of a photograph until it stops, mean", "crops"],
  passes: ["different crops of a photograph, mean", "crops"],
  error: ["test error", "%"],
  "one-crop": ["photographs that stop at the first crop", "%"],
  macs: ["multiply-adds a photograph", "multiply-adds"],
  "macs-all": ["the same with all crops", "multiply-adds"],
  settled: ["photographs that keep the first crop’s answer", ""],
  photographs: ["test photographs", ""],
};
