/** Every word of ClipRing. */

import { decimal } from "#kit";

export const LABEL = "A gradient clipped at 2.0: by its length, or number by number";

export const CAPTION =
  "The gradient of two weights as an arrow, and what two ways of clipping at 2.0 leave of it. The ring holds all gradients " +
  "of length 2, the square all whose larger number is 2.";

export const PRESETS = [
  { id: "both", label: "(3, 4)", state: { first: 3, second: 4 } },
  { id: "one", label: "(5, 0.5)", state: { first: 5, second: 0.5 } },
  { id: "corner", label: "(1.8, 1.8)", state: { first: 1.8, second: 1.8 } },
];
export const CHOICE = "Gradients";
export const FIRST = "First weight’s gradient";
export const SECOND = "Second weight’s gradient";
export const AXES = ["first weight", "second weight"];
export const GRADIENT = "gradient, of length";
export const RING = "its length cut at 2";
export const SQUARE = "each number cut at 2";
export const TURNED = "the two directions differ by";

/** `beyond`: one of the numbers is above the threshold. */
export function noteFor({ length, turned }, beyond) {
  if (length <= 2) return "Inside the ring: nothing is clipped, either way.";
  if (!beyond) return "Between ring and square: the length is clipped, the numbers are not.";
  return turned < 0.05 ? "Both ways keep the direction here." : "The ring keeps the direction, the square does not.";
}

export const spoken = ({ first, second }, n) =>
  `Gradient ${decimal(first, 1)}, ${decimal(second, 1)}, of length ${decimal(n.length, 2)}. By length ` +
  `${decimal(n["ring-first"], 2)}, ${decimal(n["ring-second"], 2)}; by number ${decimal(n["square-first"], 2)}, ` +
  `${decimal(n["square-second"], 2)}.`;

export const READOUTS = {
  length: ["length of the gradient", ""],
  "ring-first": ["first number, its length cut", ""],
  "ring-second": ["second number, its length cut", ""],
  "square-first": ["first number, each cut", ""],
  "square-second": ["second number, each cut", ""],
  turned: ["angle between the two", "degrees"],
};
