/** Every word of HitTheBudget. */

import { compact, decimal, percent } from "#kit";

export const LABEL = "A smaller photograph at the cost of a large one";

export const CAPTION =
  "The photograph, enlarged; in its corner the same, to the scale of 299×299 pixels. Bars: multiply-adds of Inception-v3 " +
  "as released for one image, of the whole network and of its parts in order, to one scale; a tick marks what a part costs " +
  "at 299×299. 147² is the grid that leaves a part, 147×147 cells.";

export const PRESETS = [
  { id: "299", label: "299×299", state: { side: 299 } },
  { id: "151", label: "151×151", state: { side: 151 } },
  { id: "79", label: "79×79", state: { side: 79 } },
];
export const CHOICE = "Pixels of the photograph";
export const SIDE = "Side of the photograph, pixels";

export const STRIDE = "Stride of the first layer";
export const STRIDES = [
  { id: "stride-2", label: "2", state: { stride: 2 } },
  { id: "stride-1", label: "1", state: { stride: 1 } },
];
export const POOL = "First pool";
export const POOLS = [
  { id: "pool-on", label: "on", state: { pool: "on" } },
  { id: "pool-off", label: "off", state: { pool: "off" } },
];

export const WHOLE = "whole network";
export const PARTS = {
  first: "first three layers", second: "next two", fine: "5b to 5d", medium: "6a to 6e", coarse: "7a to 7c",
};
export const LINE = "the line: 5.713 Bn";

const is = (side) => `${side}×${side}`;

/** How far from the line. */
export function distance(ratio) {
  if (ratio === 1) return "exactly the line";
  if (Math.abs(ratio - 1) < 0.5) return `${percent(Math.abs(ratio - 1))} ${ratio > 1 ? "above" : "below"} the line`;
  return ratio > 1 ? `${decimal(ratio, 1)} times the line` : `${decimal(1 / ratio, 1)} times less than the line`;
}

/** What to do now. */
export function noteFor({ side, stride, pool, reached }, ratio, near) {
  const task = side === 151 || side === 79;
  const left = reached === 3 ? "" : reached === 1 ? " Now 79×79." : reached === 2 ? " Now 151×151." : "";
  if (side === 299 && stride === 2 && pool === "on") {
    return reached ? `The network as released, at its own size.${left}`
      : "The network as released, at its own size: its cost is the line. Take 151×151 pixels, then 79×79, and bring " +
        "the network back to the line with the two switches.";
  }
  if (task && near) {
    return `${is(side)} pixels, ${ratio === 1 ? "on the line" : `as near as the two switches come: ${distance(ratio)}`}.${left}`;
  }
  if (near) return `On the line, with ${is(side)} pixels. The tasks are 151×151 and 79×79.`;
  if (ratio > 1) return `Beyond the line: ${is(side)} pixels are too many for these switches.`;
  if (task && ratio > 0.9) return "Close. There is a way that comes closer.";
  return task ? `Below the line. Which switches bring ${is(side)} pixels up to it?` : "Below the line.";
}

export const REACHED = "reached";

// Table 2 of the paper, as in the ledger.
export const TABLE = { 299: "76.6 %", 151: "76.4 %", 79: "75.2 %" };
export const TABLE_TITLE = "Table 2: top-1 accuracy on ImageNet, trained at equal cost";
export const QUESTION =
  "The three cost the same within 6.2 %, and each was trained on images of its own size. The one for 299×299 names the right class " +
  "first for 76.6 % of the images. And the one for 79×79?";
export const GUESSES = [
  { id: "guess-60", label: "about 60 %", state: { guess: "60" } },
  { id: "guess-70", label: "about 70 %", state: { guess: "70" } },
  { id: "guess-75", label: "about 75 %", state: { guess: "75" } },
  { id: "guess-77", label: "about 77 %", state: { guess: "77" } },
];
export const GUESS = "Your guess";
export const told = (guess) =>
  `${guess === "75" ? "So it is" : "It is 75.2 %"}: 1.4 points less, from a fourteenth of the pixels.`;

export const spoken = ({ side, stride, pool }, numbers) =>
  `${is(side)} pixels, stride ${stride}, first pool ${pool}: ${compact(numbers.macs)} multiply-adds, ${distance(numbers.ratio)}.`;

export const READOUTS = {
  macs: ["whole network", "multiply-adds"],
  ratio: ["as a multiple of the line", "times"],
  ...Object.fromEntries(Object.entries(PARTS).map(([part, words]) => [`macs-${part}`, [words, "multiply-adds"]])),
  ...Object.fromEntries(Object.entries(PARTS).map(([part, words]) => [`grid-${part}`, [`grid after the ${words}`, "cells a side"]])),
};
