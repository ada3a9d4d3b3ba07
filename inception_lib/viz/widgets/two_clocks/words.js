/** Every word of TwoClocks. */

import { decimal, grouped } from "#kit";

export const LABEL = "The learning rate of section 8, and how far the average of the weights reaches back";

export const CAPTION =
  "The learning rate over the 100 epochs of section 8, in 50 stairs of two epochs. The window is what the average of " +
  "the weights reaches back: 10,000 steps, by the decay of the released code, 0.9999, once that is warm.";

export const PRESETS = [
  { id: "guess", label: "your guess", state: { answer: "hidden", epoch: 100 } },
  { id: "shown", label: "10,000 steps", state: { answer: "shown" } },
];
export const CHOICE = "The window";
export const TASK = "Pull the edge of the window. The average is over the last";
export const EPOCHS_OF = "epochs of the training.";
export const TOLD =
  "A step is one thing in the paper’s captions and another in the released code. Drag the time; a tick is 10,000 steps.";

export const TIME = "Time, epochs";
export const EDGE = "Your guess, epochs";
export const RATE = "learning rate";
export const EPOCH = "epoch";
export const YOURS = "your guess";
export const FIGURE_2 = "Figure 2: 3.86 M";
export const CLOCK = {
  replica: ["Captions: one replica’s", "32 images"],
  together: ["Released code: all 50 replicas’", "1,600 images"],
};
export const STEP = "step";
export const BACK = "10,000 steps reach back";
export const UNIT = "epochs";

export const spoken = ({ epoch, guess, answer }, n) =>
  answer === "hidden"
    ? `Your guess: the last ${decimal(guess, 2)} epochs.`
    : `After ${decimal(epoch, 2)} epochs the rate is ${decimal(n.rate, 5)}. In steps of 32 images: step ` +
      `${grouped(n.replica)}, the average reaches back ${decimal(n["replica-window"], 2)} epochs. In steps of 1,600 ` +
      `images: step ${grouped(n.together)}, back ${decimal(n["together-window"], 1)} epochs.`;

export const READOUTS = {
  rate: ["learning rate at the time", ""],
  guess: ["epochs averaged, as guessed", "epochs"],
  replica: ["steps of 32 images done", "steps"],
  "replica-window": ["10,000 steps of 32 images", "epochs"],
  together: ["steps of 1,600 images done", "steps"],
  "together-window": ["10,000 steps of 1,600 images", "epochs"],
};
