/** Every word of DrawTheWaist. */

export const LABEL = "How many numbers are alive at each stage of a network";

export const CAPTION =
  "Numbers that are alive behind each stage, for one image; each line is ten times the one below. The figures under " +
  "the names are cells on a side of the grid.";

const preset = (network, label, note) => ({ id: network.replaceAll("_", "-"), label, state: { network }, note });

export const PRESETS = [
  preset("inception_v3", "Inception-v3",
    "It falls from 710 432 behind the first layer to 2048 before the logits, but not at every step."),
  preset("bn_inception", "BN-Inception",
    "Flat from 3c to 4d. It halves the grid within a module, 3c and 4e; only the first layers pool by themselves."),
  preset("googlenet", "GoogLeNet",
    "Four pools stand by themselves, and every one of them cuts the representation to a quarter."),
  preset("vgg16", "VGG-16",
    "The first two layers hold 21 times the image. After three pools the channels double and half is left, after the fourth a quarter."),
  preset("alexnet", "AlexNet",
    "Down to 9216 behind the last pool; its first linear layer reads all of them."),
];

/** The sentence beside the chips, once the true curve is there. */
export const noteFor = (network, title) => PRESETS.find(({ state }) => state.network === network)?.note ??
  `${title}: what is red makes more numbers than it gets.`;

export const CHOICE = "Networks";
export const TASK =
  "The grid shrinks, the channels grow: which of them wins? Draw from left to right how many numbers each stage hands on.";
export const HINT = "draw here";
export const GIVEN = "the image";
export const SURFACE =
  "Your curve. Left and right choose a stage, up and down set how many numbers it hands on";
export const CUT = "The stage that is looked at: left and right choose it";
export const REVEAL = "Show the true curve";
export const SKIP = "Show it without a guess";
export const OPEN = "Look inside the trained network";
export const CLOSE = "Close the cut";
export const INSIDE = [" of these numbers are zero; a linear classifier names", " of 372 photographs of clothes rightly from the means of the channels"];
export const NOTHING = "Nothing is recorded behind this stage; from 1a to 7a there is.";
export const MAPS = (count, label) => `${count} of the maps behind ${label}, those that vary most, for the photograph of a cat. Dark is zero.`;
export const ALT = (label) => `Maps of the trained network behind ${label}`;
export const AGAIN = "Draw again";
export const PLACED = (all) => `of ${all} stages drawn. The image has`;
export const AFTER = (label) => (label === "image" ? "the image" : `behind ${label}`);
export const NUMBERS = "numbers";
export const TIMES = "the image";
export const RISES = (n) => (n === 1 ? "rise" : "rises");
export const YOURS = (n) => (n === 1 ? "rise in yours" : "rises in yours");
export const OFF = "off on average: your numbers against the true ones";
export const LEGEND = { yours: "yours", true: "true", rises: "where it rises" };
export const spokenDraw = (label, words) => `${AFTER(label)}: you say ${words ?? "nothing yet"}`;
export const spokenCut = (label, shape, words) => `${AFTER(label)}, ${shape}: ${words} numbers`;

export const READOUTS = {
  placed: ["stages drawn", ""],
  image: ["numbers in the image", "numbers"],
  alive: ["alive at the stage that is looked at", "numbers"],
  times: ["the same by the image’s numbers", "times"],
  rises: ["rises from stage to stage", ""],
  off: ["the drawing is off by", "times"],
  "drawn-rises": ["rises in the drawing", ""],
  zeros: ["zeros behind ReLU, over three photographs", "%"],
  probe: ["photographs of clothes named rightly from the layer", "%"],
};
