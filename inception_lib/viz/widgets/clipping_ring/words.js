/** Every word of ClippingRing. */

import { decimal } from "#kit";

export const LABEL = "A gradient clipped at 2.0, by its norm or by value";

export const CAPTION =
  "The gradient of two weights as an arrow: before clipping thin, after it thick. Dashed: where an arrow may end, within 2.0 by its " +
  "norm (ring) and by value (square). Of a network the norm is over all its weights at once.";

export const WAYS = [
  { id: "norm", label: "by the norm", state: { way: "norm" } },
  { id: "value", label: "each value", state: { way: "value" } },
];
export const PRESETS = [...WAYS, { id: "short", label: "a short one", state: { first: 1, second: 1, way: "norm" } }];

export const CHOICE = "What is clipped";
export const FIRST = "Gradient of the first weight";
export const SECOND = "Gradient of the second weight";
export const TIP = "The end of the arrow";

/** What happens here. */
export function noteFor({ first, second, way }, { norm, left, turned }) {
  if (Math.abs(norm - left) < 1e-9) return "Within the limit: nothing is clipped. Pull the end of the arrow outwards.";
  if (way === "norm") return "All gradients are multiplied by the same number: the step is shorter, its direction is kept.";
  if (turned < 1e-6) return "Each value is cut by itself; this arrow keeps its direction by chance.";
  return Math.min(Math.abs(first), Math.abs(second)) > 2
    ? "Both values are cut at the same limit: the arrow turns to the corner, whatever its direction was."
    : "Each value is cut by itself: the arrow turns away from the larger one.";
}

export const FACTS = { norm: "norm before", left: "norm after", turned: "turned by" };
export const AFTER = "after clipping";
export const LIMIT = "2.0";

export const spoken = (state, n) =>
  `Gradient ${decimal(state.first, 1)}, ${decimal(state.second, 1)}; after clipping ${decimal(n.first, 2)}, ${decimal(n.second, 2)}: ` +
  `norm ${decimal(n.left, 2)}, turned by ${decimal(n.turned, 0)} degrees.`;

export const READOUTS = {
  norm: ["norm before clipping", ""],
  left: ["norm after clipping", ""],
  first: ["gradient of the first weight after clipping", ""],
  second: ["gradient of the second weight after clipping", ""],
  turned: ["direction turned by", "degrees"],
};
