/** Every word of WhichRungs. */

export const LABEL = "The steps of Table 3 as error against cost, and which of them you would sign";

export const CAPTION =
  "Table 3 of the paper: top-1 error of one network, one crop an image. Bars are 95 % intervals of single errors, too " +
  "wide to judge a paired step; dots of one cost stand side by side. Two networks disagree on an image if one has it right and the other has not; the paper does not say how " +
  "often. Unpaired: as often as if they erred independently. All intervals are of the images alone: training a network " +
  "again would move its error too.";

const preset = (id, label, images, disagree) => ({ id, label, state: { images, disagree } });

export const PRESETS = [
  preset("unpaired", "48 238, unpaired", 48238, 36),
  preset("thousand", "1000 images", 1000, 36),
  preset("paired", "paired, one in ten disagrees", 48238, 10),
];

export const CHOICE = "Images, and how often two networks disagree";
export const IMAGES = "Validation images";
export const IMAGE_MARKS = [[1000, "1000"], [3000, "3000"], [10000, "10 000"], [48238, ""], [50000, "48 238, 50 000"]];
export const SHARE = "Networks disagree on";
export const SHARE_MARKS = [[0, "least"], [10, "10 %"], [20, "20 %"], [36, "unpaired"]];
export const TO = "to";
export const UNPAIRED = "of the images, unpaired";
export const PAIRED = "of the images";
export const ASK = "Tick the steps that you would sign as larger than chance.";
export const UNIT = "Steps are in points less error.";
export const HEADS = ["", "error", "cost, Bn: printed, ours", "points less", "95 % interval of the step, points"];
export const POINTS = "points";
export const CLEAR = "clear of 0";
export const REACHES = "reaches 0";
export const STAND = (signed, stand) => [signed === 1 ? "step signed;" : "steps signed;", stand === 1 ? "is clear of 0" : "are clear of 0"];
export const KEYS = { ours: "cost as counted here", printed: "cost as printed" };
export const AXES = ["Bn multiply-adds", "top-1 error, %"];
export const sign = (title, difference) => `sign ${title}, ${difference} points less error`;
/** For a screen reader. */
export const spoken = (images, share, verdict) => `${images} images, networks disagree on ${share}. ${verdict}`;

const RUNGS = [1, 2, 3, 4, 5];
const STEPS = ["RMSProp", "label smoothing", "the factorized 7×7", "the normalised auxiliary head"];
const each = (name, list, label, unit) => Object.fromEntries(list.map((of, i) => [`${name}-${i + 1}`, [label(of), unit]]));

export const READOUTS = {
  images: ["validation images", ""],
  "share-low": ["images on which neighbouring networks disagree, least", "%"],
  "share-high": ["images on which neighbouring networks disagree, most", "%"],
  ...each("error", RUNGS, (i) => `top-1 error of rung ${i}`, "%"),
  ...each("half", RUNGS, (i) => `half of its 95 % interval, rung ${i}`, "points"),
  ...each("macs", RUNGS, (i) => `multiply-adds for an image, rung ${i}`, "multiply-adds"),
  ...each("difference", STEPS, (step) => `error less by ${step}`, "points"),
  ...each("interval", STEPS, (step) => `half of the difference’s 95 % interval, ${step}`, "points"),
  ...each("clear", STEPS, (step) => `clear of 0 (1) or not (0), ${step}`, ""),
  signed: ["steps signed", ""],
  stand: ["of these, clear of 0", ""],
};
