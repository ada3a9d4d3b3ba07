/** Every word of the figure. */

export const LABEL = "Networks by parameters, multiply-adds and activations";

export const CAPTION =
  "Both axes are logarithmic: equal steps are equal factors. The area of a disc is the number of activations, all that the " +
  "layers write for one image. Tap a disc to compare it; drag the ring to the one that it is compared with.";

export const PRESETS = [
  { id: "alexnet-googlenet", label: "AlexNet by GoogLeNet", state: { first: 0, second: 2 }, note: "The paper: 12 times the parameters." },
  { id: "vgg-alexnet", label: "VGG-16 by AlexNet", state: { first: 1, second: 0 }, note: "The paper: about three times the parameters." },
  { id: "vgg-v3", label: "VGG-16 by Inception-v3", state: { first: 1, second: 4 }, note: "" },
];

export const WORDS = {
  x: "multiply-adds for one image",
  y: "parameters",
  params: "parameters",
  macs: "multiply-adds",
  activations: "activations",
  by: (label) => `times those of ${label}`,
  second: "The network that it is compared with",
  pick: (label) => `Compare ${label}`,
  said: (one, two, params, macs) => `${one} has ${params} times the parameters and ${macs} times the multiply-adds of ${two}.`,
};

/** What each number of the page is, and its unit. */
export const READOUTS = {
  params: ["parameters of the first network", ""],
  macs: ["its multiply-adds for one image", ""],
  activations: ["its activations for one image", ""],
  "times-params": ["parameters, first by second", "times"],
  "times-macs": ["multiply-adds, first by second", "times"],
  "times-activations": ["activations, first by second", "times"],
};
