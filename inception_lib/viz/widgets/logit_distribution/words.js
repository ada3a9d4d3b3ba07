/** Every word of LogitDistribution. */

import { decimal, grouped, percent } from "#kit";

export const LABEL = "Logits, features and calibration of trained networks, by smoothing";

export const CAPTION =
  "Small Inceptions, photographs of CIFAR-10 at 15×15 pixels. Top: the right logit (of test images the largest) less " +
  "the mean of the others, all seeds. Below: what the classifier reads of 40 images a class, the same ones at every ε, on " +
  "the plane through the three classes’ weights; one seed. Right: test images by confidence; a dot’s area is their number.";

const preset = (id, label, state) => ({ id, label, state, note: "" });
export const SPLITS = [preset("training", "training images", { split: "training" }), preset("test", "test images", { split: "test" })];
export const PRESETS = [preset("hard", "hard labels", { epsilon: 0 }), preset("smooth", "ε = 0.1", { epsilon: 0.1 }), ...SPLITS];

export const CHOICE = "Images";
export const EPSILON = "Smoothing ε";
export const HARD = "hard labels";
export const NOW = (epsilon) => (epsilon ? `ε = ${decimal(epsilon, 2)}` : HARD);
export const GAPS = { training: "gap of the right logit", test: "gap of the largest logit" };
export const MEAN = "mean";
export const BEST = "the loss’s bottom";
export const KINDS = ["airplane", "automobile", "bird"];
export const CALIBRATION = "how sure, how often right";
export const OFF = "off by";
export const WRONG = "test error";
export const AXES = { sure: "sure", right: "right" };
export const SEEDS = (n, images) => `${n} ${n === 1 ? "seed" : "seeds"}, ${grouped(images)} training images`;

export const spoken = (state, n) =>
  `${NOW(state.epsilon)}: mean gap ${decimal(n["gap-now"], 2)}, with hard labels ${decimal(n["gap-hard"], 2)}; ` +
  `confidence off by ${percent(n["ece-now"])}, with hard labels ${percent(n["ece-hard"])}`;

export const READOUTS = {
  "gap-hard": ["mean gap, hard labels", ""],
  "ece-hard": ["calibration error, hard labels", "%"],
  "error-hard": ["test error, hard labels", "%"],
  "gap-now": ["mean gap at ε", ""],
  "ece-now": ["calibration error at ε", "%"],
  "error-now": ["test error at ε", "%"],
  best: ["gap at which the smoothed loss is lowest", ""],
};
