/** Every word of MillisecondsByBlock. */

import { decimal, percent } from "#kit";

export const LABEL = "Where the time goes in a network, beside its arithmetic";

export const CAPTION =
  "Each block’s share of the whole: of the time, measured; of the multiply-adds and of the bytes moved to and from memory, counted " +
  "(32-bit floats, each operation by itself). On the right: share of the time by share of the multiply-adds.";

const mode = (id, label) => ({ id, label, state: { mode: id } });

/** A chip stands for each that was measured. */
export const MODES = [mode("training", "training: forward and backward"), mode("inference", "inference: forward alone")];

export const PRESETS = [...MODES, { id: "pool", label: "the first pool", state: { mode: "inference", block: 3 } }];

export const CHOICE = "What is measured";
export const BLOCKS = "Blocks";
export const LEGEND = { ms: "time", macs: "multiply-adds", bytes: "bytes moved" };

/** Where the times come from. */
export const sourceOf = ({ machine, images, rounds }) =>
  (machine
    ? `Times of a CPU (${machine.replace("(s)", "")}; no GPU was measured) for Inception-v3, ${images} images at once: each block’s least of ${rounds} rounds.`
    : `Times of a measurement of your own, ${images === 1 ? "one image" : `${images} images`} at once: each block’s least of all rounds.`);

export const TOTAL = ["in all", "ms an image"];
// Between the numbers of the sentence about a block.
export const COUNTED = [
  "ms:", "of the time for", "of the multiply-adds,", "times its share. It moves", "of the bytes, with",
  "multiply-adds for each byte; the whole network has", "for each.",
];
export const NO_MACS = ["ms:", "of the time and", "of the bytes, without one multiply-add: its time is memory’s. The whole network has", "multiply-adds for each byte."];
export const NOT_RUN = ["does not run in this mode. The whole network has", "multiply-adds for each byte."];

export const times = (ratio) => (ratio === null ? "–" : `${ratio.toFixed(ratio < 9.995 ? 2 : 1)}×`);

/** One row, for ears. */
export const heard = ({ name, share, ratio }) =>
  `${name}: ${percent(share.ms)} of the time, ${percent(share.macs)} of the multiply-adds, ${percent(share.bytes)} of the bytes` +
  (ratio === null ? "" : `; ${decimal(ratio, 2)} times its share`);

export const READOUTS = {
  "whole-ms": ["whole network", "ms an image"],
  "whole-intensity": ["whole network", "multiply-adds a byte"],
  ms: ["block", "ms an image"],
  time: ["block’s share of the time", "%"],
  macs: ["block’s share of the multiply-adds", "%"],
  bytes: ["block’s share of the bytes moved", "%"],
  ratio: ["block’s share of the time by its share of the multiply-adds", "times"],
  intensity: ["block", "multiply-adds a byte"],
};
