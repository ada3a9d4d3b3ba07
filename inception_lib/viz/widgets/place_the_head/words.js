/** Every word of PlaceTheHead. */

export const LABEL = "The side head behind a module of Inception-v3, and its price";

export const CAPTION =
  "Above, Inception-v3 for images of 299×299: each plate is a module, as high as its grid has cells. Coloured: what " +
  "the side loss reaches. Below, the head from its input to its logits, as in Figure 8 (boxes to scale, depth the " +
  "square root of the channels), with the weights of each layer. Drag the ring along the network.";

const preset = (id, label, place) => ({ id, label, state: { place } });

export const PRESETS = [
  preset("first", "first module", 0),
  preset("fine", "last of 35×35", 2),
  preset("paper", "last of 17×17", 7),
];

export const CHOICE = "Places";
export const PLACE = "Place of the head";
export const STEM = "stem";
export const LOGITS = "logits";
export const short = (name) => name.replace("Mixed_", "");
export const AFTER = (name) => `behind ${short(name)}`;
export const OPS = [["pool 5×5/3", "pool", [5, 5]], ["1×1", "1x1", [1, 1]], ["5×5", "kxk", [5, 5]], ["linear", "aux", [1, 1]]];
export const WEIGHTS = "weights";
export const OF_NETWORK = "of the network’s";
export const MACS = "multiply-adds in training";
export const REACHED = ["The side loss reaches", "of the network’s weights."];
export const spoken = (name, numbers) =>
  `${AFTER(name)}: ${numbers.params} weights, ${numbers.macs} multiply-adds, reaches ${numbers.reached} of the weights`;

export const READOUTS = {
  params: ["weights of the head", "weights"],
  "params-share": ["by the network’s", "%"],
  macs: ["its multiply-adds, in training only", "multiply-adds"],
  "macs-share": ["by the network’s", "%"],
  reached: ["share of the network’s weights that the side loss reaches", "%"],
};
