/** Every word of PoolPlacement. */

import { compact, decimal } from "#kit";

export const LABEL = "Where the pool stands, and what is alive on the way";

export const CAPTION =
  "The pipe is as high as there are numbers in the tensors at that place; grey was made by the pool, green by the " +
  "convolution. The bars are multiply-adds of the three ways. Drag the pool along the pipe, or pick a place above it.";

export const PRESETS = [
  {
    id: "before", label: "pool first", state: { place: "before" },
    note: "Cheaper than convolving first. But for one step fewer numbers are alive than must come out: what the pool drops " +
      "is gone before the convolution has seen it.",
  },
  {
    id: "beside", label: "side by side", state: { place: "beside" },
    note: "Figure 10: a convolution with stride 2 makes half of the channels, the pool passes on the other half. No " +
      "waist, and half the price of pooling first.",
  },
  {
    id: "behind", label: "convolve first", state: { place: "behind" },
    note: "Nothing is lost early. But the convolution runs on the whole fine grid, and most of its cells are then " +
      "thrown away by the pool.",
  },
];

export const noteFor = (place) => PRESETS.find((preset) => preset.state.place === place).note;
export const rowOf = (place) => PRESETS.find((preset) => preset.state.place === place).label;
export const GRID = "Grid d, cells on a side";
export const STATIONS = { in: "in", middle: "between", out: "out" };
export const NUMBERS = "numbers";
export const WAIST = "narrower than what comes out";
export const HANDLE = "Place of the pool";
export const SPOKEN = { before: "before the convolution", beside: "beside the convolution", behind: "behind the convolution" };

/** The two operations as they are written on the pipe. */
export const chips = (place, channels) => ({
  pool: "pool 3×3/2",
  conv: place === "beside" ? `conv 3×3/2, ${channels}` : `conv 3×3, ${2 * channels}`,
});

export const ratio = (grid) => `convolving first by pooling first, (${grid} ÷ ${Math.floor(grid / 2)})²`;

export const spoken = (place, numbers) =>
  `${rowOf(place)}: ${compact(numbers["alive-middle"])} numbers between, ${compact(numbers[`macs-${place}`])} ` +
  `multiply-adds; convolving first costs ${decimal(numbers.ratio, 2)} times as much as pooling first.`;

export const READOUTS = {
  "alive-in": ["alive before both", "numbers"],
  "alive-middle": ["alive between the two", "numbers"],
  "alive-out": ["alive after both", "numbers"],
  "macs-before": ["pool first", "multiply-adds"],
  "macs-beside": ["side by side", "multiply-adds"],
  "macs-behind": ["convolve first", "multiply-adds"],
  ratio: ["convolving first by pooling first", "times"],
};
