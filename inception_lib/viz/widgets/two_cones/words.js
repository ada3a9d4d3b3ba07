/** Every word of TwoCones. */

export const LABEL = "One large window, and small ones in a row";

export const CAPTION =
  "A plane is a grid of cells, the lowest one is the photograph. The numbers count paths, one channel a layer; where " +
  "few paths end, the photograph is pale. Drag the blue cell, or move it with the arrow keys.";

export const PRESETS = [
  { id: "sees", label: "what the output cell sees", state: { look: "sees" } },
  { id: "reaches", label: "what a pixel reaches", state: { look: "reaches" } },
];

export const LOOK = "Looking down, or up";
export const LAYERS = "3×3 in a row";

const NUMBER = ["", "one", "two", "three"];
export const TITLES = ({ layers }) => [`one ${2 * layers + 1}×${2 * layers + 1}`, `${NUMBER[layers]} 3×3`];

/** What stands between the numbers under a drawing. */
export const ENDS = {
  sees: { before: "sees", cells: "cells, each by", paths: "paths", path: "path" },
  reaches: { before: "reaches", cells: "cells, each by", paths: "paths", path: "path" },
};
export const TO = "to";
export const HOLD = (title, look) =>
  `${title}: ${look === "sees" ? "the output cell" : "the pixel"} that is picked. Arrow keys move it.`;

export const spoken = ({ look }, numbers) =>
  `${look === "sees" ? "Each sees" : "Each reaches"} ${numbers["one-cells"]} cells: one by one by 1 path each, ` +
  `in a row by ${numbers["stack-least"]} to ${numbers["stack-most"]}.`;

export const READOUTS = {
  "one-cells": ["the single convolution: cells seen or reached", "cells"],
  "one-most": ["its most paths to one cell", "paths"],
  "stack-cells": ["3×3 in a row: cells seen or reached", "cells"],
  "stack-most": ["their most paths to one cell", "paths"],
  "stack-least": ["their fewest paths to one cell", "paths"],
};
