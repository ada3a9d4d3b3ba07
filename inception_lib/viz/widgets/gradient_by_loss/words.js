/** Every word of GradientByLoss. */

import { decimal } from "#kit";

export const LABEL = "How much gradient the main and the side loss bring to each part of a network";

export const CAPTION =
  "The parts of a small Inception that both losses reach, from the image on the left inwards. Bars: the norm of the gradient " +
  "in a part, over 200 training images, mean over the seeds; whiskers: lowest and highest seed. The side loss counts " +
  "0.4, as in training.";

const preset = (network, label) => ({ id: network, label, state: { network } });

/** All networks; a chip stands for each that is recorded. */
export const NETWORKS = [
  preset("none", "no head"),
  preset("normalised", "batch-normalised head"),
  preset("plain", "plain head"),
  preset("dropout", "plain, dropout"),
  preset("two", "two heads"),
  preset("lower", "lower head"),
];

export const PRESETS = NETWORKS.slice(0, 3);

export const CHOICE = "Networks";
export const TIME = "Epochs of training";
export const PARTS = {
  Conv2d_1a_3x3: ["1a", "first 3×3"],
  Conv2d_2a_3x3: ["2a", "second 3×3"],
  Mixed_5b: ["5b", "15×15"],
  Mixed_6a: ["6a", "halves the grid"],
  Mixed_6b: ["6b", "8×8"],
};
export const LEGEND = { main: "main loss", side: "side loss, × 0.4" };
export const NORM = "norm of the gradient";
export const at = (epochs) => (epochs === 0 ? "before training" : epochs === 1 ? "after 1 epoch" : `after ${epochs} epochs`);
export const RATIO = ["In the first layer the side loss brings", "of the main loss’s gradient; cosine of the angle between the two"];
export const ALONE = "Without a head the main loss is the only one.";
export const spoken = (epochs, numbers) =>
  `${at(epochs)}: ${Object.entries(numbers).filter(([name]) => name.includes("-"))
    .map(([name, value]) => `${name.replace("-", " loss, ")} ${decimal(value, 2)}`).join("; ")}`;

export const READOUTS = {
  ...Object.fromEntries(["main", "side"].flatMap((loss) =>
    Object.entries(PARTS).map(([part, [name]]) => [`${loss}-${part}`, [`${LEGEND[loss]}, ${name}`, ""]]))),
  ratio: ["side loss’s by main loss’s in the first layer", "%"],
  cosine: ["cosine of their angle there", ""],
};
