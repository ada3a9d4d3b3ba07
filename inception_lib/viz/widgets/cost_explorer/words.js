/**
 * The comparisons of section 3 by name, for the chips and for prose. `state` is what a chip sets;
 * `note` is the sentence beside it. `PAIRS` says what each pair is called and what the paper says of it.
 */

export const PRESETS = [
  {
    id: "5x5-vs-3x3",
    label: "5×5 against 3×3 (25/9)",
    state: { preset: "5x5-vs-3x3", alpha: 1 },
    note: "Section 3.1 begins here: for the same grid and widths a 5×5 costs 25/9 = 2.78 times a 3×3. " +
      "But the 3×3 sees less. Can one have the window without the price?",
  },
  {
    id: "two-3x3",
    label: "two 3×3 for a 5×5 (28 %)",
    state: { preset: "two-3x3", alpha: 1 },
    note: "Two 3×3 in a row see the same 5×5 window. They pay 9 + 9 where it pays 25.",
  },
  {
    id: "asym-3",
    label: "3×1, 1×3 for a 3×3 (33 %)",
    state: { preset: "asym-3", alpha: 1 },
    note: "A column, then a row: 3 + 3 for the nine cells of a 3×3.",
  },
  {
    id: "two-2x2",
    label: "two 2×2 for a 3×3 (11 %)",
    state: { preset: "two-2x2", alpha: 1 },
    note: "The same 3×3 window from two 2×2: 4 + 4 against 9. The asymmetric pair saves three times as much.",
  },
  {
    id: "asym-7",
    label: "1×7, 7×1 for a 7×7 (71 %)",
    state: { preset: "asym-n", alpha: 1, n: 7 },
    note: "A row, then a column of n: 2n for n². Drag n and watch the saving grow as 1 − 2/n.",
  },
  {
    id: "paper-alpha",
    label: "the paper’s α = 1.5 (26.5 %)",
    state: { preset: "two-3x3", alpha: 1.5 },
    note: "The paper puts α near 1.5 “in the case of GoogLeNet”. Each 3×3 then widens by √1.5, and 26.5 % are saved. " +
      "GoogLeNet’s own nine 5×5 have α from 2 to 4, and save 24 to 10 %.",
  },
];

const CANCELS = "Grid and channels weigh on both alike: the saving does not depend on them.";

/** For each pair: its rows' names, the operation's colour, the paper's own number and words, a remark. */
export const PAIRS = {
  "5x5-vs-3x3": () => ({
    single: "a 5×5 layer", factorized: "a 3×3 layer, smaller window", colour: "kxk",
    remark: "One layer against one layer: grid, channels and α all cancel.",
    paper: { saving: 1 - 9 / 25, at: { alpha: 1 }, words: "the paper: 25/9 = 2.78×" },
  }),
  "two-3x3": () => ({
    single: "one 5×5 layer", factorized: "two 3×3 layers, same window", colour: "factorized",
    remark: CANCELS,
    paper: { saving: 0.28, at: { alpha: 1 }, words: "the paper: 28 %" },
    also: { alpha: 1.5, words: "the paper’s α" },
  }),
  "asym-3": () => ({
    single: "one 3×3 layer", factorized: "a 3×1, then a 1×3, same window", colour: "factorized",
    remark: CANCELS,
    paper: { saving: 1 / 3, at: { alpha: 1 }, words: "the paper: 33 %" },
  }),
  "two-2x2": () => ({
    single: "one 3×3 layer", factorized: "two 2×2 layers, same window", colour: "factorized",
    remark: CANCELS,
    paper: { saving: 1 / 9, at: { alpha: 1 }, words: "the paper: 11 %" },
  }),
  "asym-n": (n) => ({
    single: `one ${n}×${n} layer`, factorized: `a 1×${n}, then ${n === 8 ? "an" : "a"} ${n}×1, same window`,
    colour: "factorized",
    remark: CANCELS,
    // The paper gives the rule and uses n = 7 (Figure 6); the percentage is the rule's.
    paper: { saving: 1 - 2 / n, at: { n }, words: `the paper’s rule, 1 − 2/${n}` },
    also: { n: 7, words: "Figure 6" },
  }),
};

/** The note of the first preset that the state agrees with, else of its pair. */
export function noteFor(state) {
  const agrees = (p) => Object.entries(p.state).every(([key, value]) => state[key] === value);
  return (PRESETS.find(agrees) ?? PRESETS.find((p) => p.state.preset === state.preset)).note;
}

export const LABEL = "Cost of a layer and of its factorization";

export const CAPTION =
  "A box is a tensor, its face to scale, its depth the square root of its channels. Under each kernel is " +
  "what it costs: window × channels in × channels out × grid². Both bars have one scale. Where a " +
  "factorization has two layers, each widens by √α, to whole channels.";

export const CONTROLS = {
  grid: "Grid, cells on a side",
  channels: "Input channels c",
  alpha: "α: the output has α·c channels",
  n: "n, for 1×n and n×1",
};

const ROWS = {
  single: "the single layer", "single-1": "its only term",
  factorized: "the factorization", "factorized-1": "its first layer", "factorized-2": "its second layer",
};

/** What each number of the page is, and its unit. */
export const READOUTS = {
  ...Object.fromEntries(Object.entries(ROWS).flatMap(([name, label]) => [
    [`${name}-macs`, [label, "multiply-adds"]], [`${name}-params`, [label, "parameters"]],
  ])),
  saving: ["saved of the multiply-adds", "%"],
  ratio: ["the single layer by the factorization", "times"],
};
