/** Every word of DrawLabels. */

import { decimal, grouped } from "#kit";

export const LABEL = "Labels drawn at random, and the mean of their losses";

export const CAPTION =
  "One image of ten classes, its right logit 3 above the others. Each new label is the right one, or with probability ε " +
  "one of the ten at random. Left: how often each class was drawn; lines: the smoothed label. Right: the mean hard loss so far.";

export const PRESETS = [1, 10, 100, 1000, 4000].map((drawn) => ({
  id: `n${drawn}`, label: drawn === 1 ? "one label" : grouped(drawn), state: { drawn }, note: "",
}));

export const CHOICE = "Labels drawn";
export const DRAWN = "Labels drawn";
export const EPSILON = "Smoothing ε";
export const START = "Nothing is drawn yet. Each label will cost its own loss, small if it is right and large if not.";
export const SMOOTHED = "loss with the smoothed label";
export const MEAN = "mean of the hard losses";
export const OTHER = (drawn) => `of ${grouped(drawn)} ${drawn === 1 ? "label is" : "labels are"} wrong`;
export const RIGHT = "right";
export const spoken = (state, n) => (state.drawn
  ? `${state.drawn} labels, ${n.other} of them wrong: mean loss ${decimal(n.mean, 3)}, smoothed ${decimal(n.smoothed, 3)}`
  : START);

export const READOUTS = {
  smoothed: ["loss with the smoothed label", "nats"],
  other: ["drawn labels that are wrong", "labels"],
  mean: ["mean hard loss of the drawn labels", "nats"],
};
