/** Every word of PullTheLogit. */

import { decimal } from "#kit";

export const LABEL = "The right class’s logit pulled above the others, and the loss";

export const CAPTION =
  "Above: the logits of one image. The arrows are the way of a step of training, as long as the gradient is large. " +
  "Below: the loss over the gap between the right logit and the others, and its two parts.";
export const CAPTION_SECOND = "The loss over the gap between the right logit and the others, and its two parts.";

const pull = (id, label, state, note) => ({ id, label, state, note });

export const LABELS = [
  pull("hard", "hard labels", { epsilon: 0 }, "The label says: this class, with certainty. Pull the bar and follow the ball; or let it take 100 steps, and again."),
  pull("smooth", "smoothed, ε = 0.1", { epsilon: 0.1 },
    "The label leaves a tenth of its certainty to all classes alike. Pull the bar and follow the ball, or let it take 100 steps."),
];
export const COUNTS = [10, 100, 1000].map((classes) =>
  pull(`k${classes}`, `K = ${classes}`, { classes }, ""));
export const SECONDS = [
  pull("uniform", "second part H(u, p)", { second: "uniform" },
    "How far the uniform distribution is from p: it charges for every probability that comes near nought."),
  pull("entropy", "second part −H(p)", { second: "entropy" },
    "How sure p is, on its own count: it charges for certainty, and never more than log K in all."),
];
export const PRESETS = [...LABELS, ...COUNTS, ...SECONDS];

/** The sentence under the chips. */
export function noteFor({ face, epsilon, second }) {
  if (face === "second") return SECONDS.find(({ state }) => state.second === second).note;
  return LABELS[epsilon ? 1 : 0].note.replace("a tenth", `${decimal(100 * epsilon, 0)} %`);
}

export const CHOICE = { labels: "Labels", counts: "Number of classes", seconds: "Second part of the loss" };
export const HANDLE = "Gap: the right logit above the others";
export const BALL = "The ball at the present gap";
export const EPSILON = "Smoothing ε";
export const CLASSES = "Classes K";
export const STEPS = "100 steps of gradient descent";
export const RIGHT = "right class";
export const others = (drawn, more, classes) => (more ? `${drawn} of ${classes - 1} others` : drawn > 1 ? `${drawn} others` : "the other");
export const AXIS = "gap";
export const LOSS = "loss";
export const PART = {
  hard: (epsilon) => (epsilon ? "(1 − ε) H(q, p)" : "H(q, p)"),
  uniform: "ε H(u, p)",
  entropy: "−ε H(p)",
};
export const NONE = "no bottom: it falls for ever";
export const BOTTOM = "bottom";
export const FACTS = {
  p: "right class: p", target: "target q′", gradient: "gradient", loss: "loss",
};
export const AT = ["bottom: gap", ", loss"];

export const spoken = (state, n) =>
  `Gap ${decimal(state.gap, 2)}: loss ${decimal(n.loss, 3)}, probability ${decimal(n.p, 3)}, gradient ${decimal(n.gradient, 3)}; ` +
  (n.best ? `lowest at ${decimal(n.best, 3)}` : NONE);

export const READOUTS = {
  loss: ["loss", "nats"],
  p: ["probability of the right class", ""],
  target: ["target q′ of the right class", ""],
  gradient: ["gradient in the right logit", ""],
  best: ["gap at which the loss is lowest", ""],
  lowest: ["lowest loss", "nats"],
};
