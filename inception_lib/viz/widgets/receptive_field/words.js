/**
 * The stacks that the reader can pick, by name, and what to look for in each. `title` is the name
 * in a list and over a drawing, where the chip's label is too short.
 */
export const PRESETS = [
  {
    id: "5x5",
    label: "5×5",
    state: { stack: "5x5", compare: "" },
    note: "One layer, 25 weights: every pixel of the window reaches the output by exactly one path.",
  },
  {
    id: "two-3x3",
    label: "two 3×3 (Figure 1)",
    state: { stack: "two-3x3", compare: "5x5" },
    note: "The same 25 pixels, but not the same view. Nine paths lead to the centre, one to each corner; "
      + "along an axis they count 1, 2, 3, 2, 1. With weights of equal size the edge of the window counts for less.",
  },
  {
    id: "3x1-1x3",
    label: "3×1 · 1×3 (Figure 3)",
    state: { stack: "3x1-1x3", compare: "3x3" },
    note: "A column, then a row: each step sees a line, both a square. One path to each pixel, as in a 3×3, "
      + "for 6 weights in place of 9.",
  },
  {
    id: "two-2x2",
    label: "two 2×2",
    state: { stack: "two-2x2", compare: "3x3" },
    note: "The other way to build a 3×3, for 8 weights in place of 9. Here the paths pile up again: 1, 2, 1.",
  },
  {
    id: "1x7-7x1",
    label: "1×7 · 7×1",
    state: { stack: "1x7-7x1", compare: "7x7" },
    note: "The window is a square, each step a line: 14 weights see what 49 saw, every pixel by one path.",
  },
  {
    id: "figure-4",
    label: "Figure 4",
    title: "Figure 4, the original module",
    state: { stack: "figure-4", compare: "" },
    note: "Four branches, windows of 1, 3 and 5 pixels. All four see the centre, the 5×5 alone the outermost pixels.",
  },
  {
    id: "figure-5",
    label: "Figure 5",
    title: "Figure 5, two 3×3 for the 5×5",
    state: { stack: "figure-5", compare: "figure-4" },
    note: "The 5×5 has become two 3×3. The widest window is as wide as before, but fewer of the paths end at its edge.",
  },
  {
    id: "figure-6",
    label: "Figure 6",
    title: "Figure 6, n = 7",
    state: { stack: "figure-6", compare: "" },
    note: "Lines of seven cells on the 17×17 grid. One pair makes a square of 7, two pairs one of 13: "
      + "three quarters of the grid’s width in a single module.",
  },
  {
    id: "figure-7",
    label: "Figure 7",
    title: "Figure 7, fanned out",
    state: { stack: "figure-7", compare: "" },
    note: "1×3 and 3×1 side by side, not in a row: a cross. The corners of its window stay unseen.",
  },
  {
    id: "grid-reduction",
    label: "grid reduction",
    state: { stack: "grid-reduction", compare: "" },
    note: "Stride 2 in every branch: a cell of the output stands on 2×2 pixels, and its neighbour 2 further on.",
  },
];

/** Stacks that only stand beside others, or that the reader makes. */
export const OTHERS = [
  { id: "3x3", label: "3×3" },
  { id: "7x7", label: "7×7" },
  { id: "yours", label: "your layers", note: "Add a layer, take one away, watch the window." },
];

export const NETWORK_NOTE =
  "Block by block the window grows, until it is wider than the photograph. What a cell could see "
  + "is one thing, where most of its paths end another.";

export const LABEL = "What an output cell sees";

export const CAPTION =
  "A plane is a tensor; 1×1 layers look at one cell and get none. Numbers count the paths from the output cell, " +
  "channels as one; paths into the padding are dropped, and the photograph fades where few end. Effective: each pixel’s " +
  "share, and the sums along both axes in lowest terms. Weights and multiply-adds are per cell and pair of channels.";

/** The list beside a stack, and the names of the readouts. */
export const FACTS = {
  size: "window", pixels: "pixels seen",
  "centre-share": "paths, centre", "border-share": "paths, border",
  weights: "weights", macs: "multiply-adds",
  stride: "stride", padding: "padding",
};

export const NETWORK_LABEL = "What an output cell sees, block by block";

export const NETWORK_CAPTION =
  "Theoretical: what one output cell could see; paler, the blocks before it. Beyond the photograph lies padding. " +
  "Effective: where its paths end, all weights equal; the squares hold half and nine tenths. " +
  "The fine grid in it is real: at stride 2, windows of 3 cells share every second one.";

export const NETWORK_FACTS = {
  size: "window", stride: "stride", padding: "padding", cells: "its grid",
  beyond: "off the photo", half: "half the paths", most: "nine tenths",
};

const UNITS = {
  size: "pixels", pixels: "", stride: "pixels", padding: "pixels", cells: "cells", half: "pixels", most: "pixels",
  "centre-share": "%", "border-share": "%", beyond: "%", weights: "", macs: "",
};

/** What each number of the page is, and its unit. */
export const READOUTS = Object.fromEntries(
  ["", "compare-"].flatMap((prefix) => Object.entries({ ...NETWORK_FACTS, ...FACTS }).map(([name, label]) =>
    [prefix + name, [prefix ? `beside it: ${label}` : label, UNITS[name]]])));
