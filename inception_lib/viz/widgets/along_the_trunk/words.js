/** Every word of AlongTheTrunk. */

import { decimal, percent } from "#kit";

export const LABEL = "Four measurements of the trained network, from layer to layer";

export const CAPTION =
  "The authors’ trained Inception-v3, as far as the line; under the names: cells on a side. Zeros and neighbours are of " +
  "three photographs, the rest of clothes.";

export const PRESETS = [
  {
    id: "probe", label: "what can be read", state: { measure: "probe" },
    note: "Share of 372 photographs of clothes, of ten kinds, that a linear classifier names rightly from the means of " +
      "a layer’s channels. Whiskers: 95 % intervals.",
  },
  {
    id: "zeros", label: "zeros", state: { measure: "zeros" },
    note: "Share of the numbers that are exactly zero, since ReLU has cut off what was negative.",
  },
  {
    id: "neighbours", label: "neighbours", state: { measure: "neighbours" },
    note: "How alike a cell is to the next one of its row, and to the one after: correlation within a channel, averaged " +
      "over the channels.",
  },
  {
    id: "directions", label: "directions", state: { measure: "directions" },
    note: "Directions (principal components) that hold 90 % of the variance of the channels, as a share of the channels. " +
      "Blue: how many channels the network’s own 1×1 keep before a larger kernel.",
  },
];

export const noteFor = (measure) => PRESETS.find(({ state }) => state.measure === measure).note;
export const CHOICE = "Measurements";
export const LAYER = "Layer";
export const HINT = "pull to the right";
export const AFTER = (label, grid, channels) => `behind ${label}, ${grid}×${grid}×${channels}`;
export const MAPS = (count, label, photo) =>
  `${count} of the maps behind ${label}, those that vary most. The ${{ chelsea: "cat", astronaut: "astronaut", coffee: "coffee" }[photo]}; dark is zero.`;
export const ALT = (label) => `Maps of the trained network behind ${label}`;

/** Axis: [lowest, highest, step, words of a mark]. */
const share = (v) => percent(v, 0);
export const AXES = {
  probe: [0, 1, 0.25, share], zeros: [0, 1, 0.25, share], neighbours: [0, 1, 0.25, (v) => decimal(v, 2)],
  directions: [0, 0.75, 0.25, share],
};

/** What stands beside each number. */
export const BESIDE = {
  probe: " named rightly; 95 % interval from", low: " to", zeros: " of its numbers are zero",
  first: " correlation with the next cell,", second: " with the one after",
  components: " directions of", channels: " channels,",
};
export const WIDEST = "; the widest 1×1 before a larger kernel keeps";
export const KEYS = { first: "the next cell", second: "the one after", widest: "the network’s own 1×1" };

/** A number as it is written; shares in percent, correlations as they are. */
export const write = (name, value) => {
  if (["components", "channels", "widest"].includes(name)) return String(value);
  return ["first", "second"].includes(name) ? decimal(value, 2) : percent(value, 0);
};

export const READOUTS = {
  probe: ["named rightly", "%"], low: ["95 % interval from", "%"], high: ["to", "%"],
  zeros: ["zeros behind ReLU", "%"],
  first: ["correlation with the next cell", ""], second: ["with the one after", ""],
  components: ["directions that hold 90 % of the variance", ""], channels: ["channels", ""],
  share: ["directions by channels", "%"], widest: ["widest 1×1 before a larger kernel", "channels"],
};
