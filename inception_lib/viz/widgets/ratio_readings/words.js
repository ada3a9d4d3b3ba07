/** Every word of RatioReadings. */

import { decimal, percent } from "#kit";

export const LABEL = "Three readings of one ratio";

export const CAPTION =
  "Multiply-adds of the two ways. The bracket is what the sentence says; the dashed mark is where the lower bar " +
  "would have to end.";

export const PRESETS = [
  {
    id: "by", label: "“by a quarter”", state: { reading: "by a quarter" },
    note: "The text of section 5. Reduced by a quarter, three quarters would be left.",
  },
  {
    id: "to", label: "“to a quarter”", state: { reading: "to a quarter" },
    note: "What the paper’s two formulas give: 2(d/2)²k² is a quarter of 2d²k².",
  },
  {
    id: "more", label: "“3 times more expensive”", state: { reading: "3 times more" },
    note: "The caption of Figure 9. Four times the cost is three times more than it: the same ratio, read from below.",
  },
];

export const noteFor = (reading) => PRESETS.find(({ state }) => state.reading === reading).note;
export const BARS = { long: "convolve first", short: "pool first" };
export const GRID = "Grid d, cells on a side";
export const FACTS = { left: "left", saved: "saved", more: "more" };
export const said = { left: (v) => percent(v), saved: (v) => percent(v), more: (v) => `${decimal(v, 2)} times` };
export const spoken = ({ left, saved, more }) =>
  `${percent(left)} left, ${percent(saved)} saved, ${decimal(more, 2)} times more`;

export const READOUTS = {
  left: ["what is left of the cost", "%"],
  saved: ["what is saved", "%"],
  more: ["how much more convolving first costs", "times"],
};
