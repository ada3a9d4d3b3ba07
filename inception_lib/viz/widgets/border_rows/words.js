/** Every word of BorderRows. */

export const LABEL = "What five layers with a stride of two leave over at the border";

export const CAPTION =
  "Above, the lower end of each grid that a layer with stride 2 reads: windows of three cells, each two cells after the one before. " +
  "Below, all sides from 75 to 331 pixels, one column each, the first layer on top; marked where a cell is left over. Drag along it.";

export const PRESETS = [298, 299, 300, 301, 224].map((size) => ({ id: `at-${size}`, label: String(size), state: { size }, note: "" }));

export const SIZE = "Side of the image, pixels";
export const HANDLE = "Side of the image";
export const nameOf = ({ name, step }) => (name.startsWith("Mixed_") ? `module ${name.slice(6)}` : `row ${step}, ${name.includes("pool") ? "pool" : "conv"}`);
export const CELLS = "cells";
export const PIXELS = "pixels";
export const OVER = ["none", "1 over"];
export const whole = (over) => `of five layers ${over === 1 ? "leaves" : "leave"} a row and a column over`;

export const READOUTS = {
  "side-Conv2d_1a_3x3": ["side of the image", "pixels"],
  "side-maxpool1": ["side of the grid before the first pool", "cells"],
  "side-maxpool2": ["side of the grid before the second pool", "cells"],
  "side-Mixed_6a": ["side of the grid before Mixed_6a", "cells"],
  "side-Mixed_7a": ["side of the grid before Mixed_7a", "cells"],
  over: ["layers that leave a border over", ""],
};
