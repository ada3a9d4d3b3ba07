/** Every word of BeyondTheBorder. */

export const LABEL = "What each layer adds to what the middle cell has seen";

export const CAPTION =
  "One line a layer, in the order of the network; only layers that widen a window. Pale: the window of the middle cell " +
  "before the layer, by the path that widens it least. Strong: what the layer adds. The band is the image.";

export const PRESETS = [
  { id: "299", label: "made for 299×299", state: { network: 0 } },
  { id: "151", label: "made for 151×151", state: { network: 1 } },
  { id: "79", label: "made for 79×79", state: { network: 2 } },
];
export const CHOICE = "Network";
export const SIDE = "Side of the image, pixels";
export const EDGE = "image";

/** A module's name as it stands under its lines; the stem's layers have one name. */
export const short = (module) => module.replace(/^Mixed_/, "").replace(/^(Conv2d|maxpool).*/, "stem");

export const spoken = (label, side, { beyond, layers }) =>
  `Network ${label}, image of ${side} pixels: ${beyond} of ${layers} layers add only what lies beyond the border.`;

export const READOUTS = {
  beyond: ["layers that add only what lies beyond the border", "layers"],
  layers: ["layers that widen a window", "layers"],
};
