/** Every word of ShiftConsistency. */

import { percent } from "#kit";

export const LABEL = "A photograph moved by pixels, and how far the maps follow";

export const CAPTION =
  "The authors’ trained network. For the maps of four modules: the share of their energy that the first maps, moved " +
  "along with the photograph, do not explain. Between two cells they are interpolated. Cells near the border are left out.";

export const PRESETS = [
  {
    id: "8", label: "8 pixels", state: { shift: 8 },
    note: "One cell of the 35×35 grid: its maps have moved by exactly one cell. The coarser grids are between cells.",
  },
  {
    id: "16", label: "16 pixels", state: { shift: 16 },
    note: "One cell of the 17×17 grid. After 6c the maps have moved by one cell, as they must. After 6e they have not.",
  },
  {
    id: "32", label: "32 pixels", state: { shift: 32 },
    note: "Two cells of the 17×17 grid, one of the 8×8. All maps are back, those after 6e too.",
  },
];

export const START = "Drag the photograph to the left, or the ring in the plot to the right.";
export const noteFor = (shift) => PRESETS.find(({ state }) => state.shift === shift)?.note ?? START;
export const CHOICE = "Shifts";
export const SHIFT = "Moved to the left, pixels";
export const PHOTO = "Photograph";
export const PHOTOS = { astronaut: "astronaut", chelsea: "cat", coffee: "coffee" };
export const MODULES = {
  Mixed_5d: ["fine", "5d, 35×35, a cell every 8 pixels"],
  Mixed_6c: ["even", "6c, 17×17, every 16"],
  Mixed_6e: ["odd", "6e, 17×17, every 16"],
  Mixed_7a: ["coarse", "7a, 8×8, every 32"],
};
export const AXIS = "pixels";
export const spoken = (shift, numbers) =>
  `Moved by ${shift} pixels: ${Object.entries(numbers)
    .map(([name, value]) => `${percent(value)} left over after ${name.slice(-2)}`).join(", ")}`;

export const READOUTS = Object.fromEntries(
  Object.entries(MODULES).map(([layer, [, words]]) => [`left-${layer}`, [`left over after ${words}`, "%"]]));
