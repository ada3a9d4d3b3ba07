/** Every word of Ravine. */

import { decimal } from "#kit";

export const LABEL = "A ball in a ravine under RMSProp, and the sizes of its steps";

export const CAPTION =
  "Above: the loss 0.01 x² + y² from above, lines at equal loss, and a dot for each step at a rate of 0.045. Below: the size of " +
  "the last step of a weight whose gradient has been the same at every step, on a logarithmic scale. Filled: RMSProp as chosen; " +
  "ring: in its other form; bar and dashed line: plain gradient descent (SGD) at the same rate. No momentum.";

const preset = (id, label, state) => ({ id, label, state });

export const EPSILONS = [preset("tiny", "ε = 10⁻⁸", { epsilon: 1e-8 }), preset("one", "ε = 1", { epsilon: 1 })];
export const FORMS = [
  preset("tensorflow", "TensorFlow’s form", { form: "tensorflow" }),
  preset("torch", "torch’s form", { form: "torch" }),
];
export const PRESETS = [...EPSILONS, ...FORMS, preset("first", "the first step at ε = 1", { epsilon: 1, steps: 1 })];

export const CHOICE = { epsilons: "ε", forms: "Form of RMSProp" };
export const EPSILON = "ε, on a logarithmic scale";
export const STEPS = "Steps taken";
export const BALL = "The ball: steps taken";

export const FORMULA = {
  tensorflow: "step = 0.045 × gradient / √(s + ε), mean square s from 1",
  torch: "step = 0.045 × gradient / (√s + ε), mean square s from 0",
};

/** What happens here; a gradient counts as small beside √ε, in torch's form beside ε. */
export function noteFor({ epsilon, steps, form }) {
  const edge = form === "torch" ? epsilon : Math.sqrt(epsilon);
  if (form === "torch" && steps <= 10) {
    return edge < 0.01
      ? "The mean square begins at 0 and is too small at first: the first step is √10 times 0.045 long, whatever the gradient."
      : "The mean square begins at 0: as long as it is small, a step is the gradient times 0.045, divided by a little more than ε.";
  }
  if (form === "tensorflow" && steps <= 20) {
    return "The mean square begins at 1 and loses a tenth a step: until it is small, a step is nearly in proportion to the gradient, " +
      "whatever ε is.";
  }
  if (edge >= 0.3) {
    return "Beside ε all but the largest of these gradients vanish: a step is in proportion to the gradient, as in plain gradient " +
      "descent. The ball falls into the ravine and creeps along it.";
  }
  if (edge <= 0.0032) {
    return "A gradient is divided by its own size: steps of 0.045 along the ravine, though it is nearly flat there, " +
      "and steps of 0.045 at the bottom, where the ball never comes to rest.";
  }
  return `In between: gradients well above ${decimal(edge, 3)} are divided by their own size, those well below are not.`;
}

export const HEADS = { gradient: "gradient", step: "last step" };
export const AFTER = (steps) => (steps === 1 ? "After 1 step:" : `After ${steps} steps:`);
export const PLACE = ["along,", "across from the lowest point; loss"];
export const RATIO = ["At a gradient of 0.001 TensorFlow’s step is", "times torch’s."];
export const SGD = "SGD";
export const LOWEST = "lowest";

/** A step to two digits. */
export const digits = (v) => decimal(Number(v.toPrecision(2)), 6);
export const tell = (epsilon) => String(epsilon).replace(/^(\d\.?\d*)e-(\d)$/, "$1 × 10⁻$2").replace(/⁻(\d)$/, (_, d) => `⁻${"⁰¹²³⁴⁵⁶⁷⁸⁹"[d]}`);

export const spoken = ({ epsilon, steps }, n) =>
  `ε ${tell(epsilon)}: ${AFTER(steps).toLowerCase()} ${decimal(n.x, 2)} along, ${decimal(n.y, 2)} across; ` +
  `steps ${["1", "0.1", "0.01", "0.001"].map((g) => `${digits(n[`step-${g}`])} for a gradient of ${g}`).join(", ")}.`;

export const READOUTS = {
  x: ["place along the ravine", ""],
  y: ["place across the ravine", ""],
  loss: ["loss", ""],
  "step-1": ["step at a gradient of 1", ""],
  "step-0.1": ["step at a gradient of 0.1", ""],
  "step-0.01": ["step at a gradient of 0.01", ""],
  "step-0.001": ["step at a gradient of 0.001", ""],
  ratio: ["TensorFlow’s step by torch’s at a gradient of 0.001", "times"],
};
