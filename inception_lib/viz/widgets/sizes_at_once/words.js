/** Every word of the figure. */

export const LABEL = "One place of a photograph, seen at three sizes at once";

export const CAPTION =
  "The photograph as GoogLeNet is given it, 224×224 pixels. At one cell of its first module, each branch sees a window " +
  "of its own size; beside the photograph, what lies in it, to one scale. Drag the cell.";

export const PRESETS = [
  { id: "face", label: "the face", state: { row: 6, column: 12 }, note: "" },
  { id: "badge", label: "a badge", state: { row: 18, column: 9 }, note: "" },
  { id: "corner", label: "the corner", state: { row: 0, column: 0 }, note: "" },
];

export const WORDS = {
  cell: "The cell that is seen. Arrow keys move it",
  at: ["cell in row", "column", "of the 28×28"],
  pixels: "pixels a side",
  branch: (name) => `the ${name} branch`,
  said: (row, column) => `Row ${row}, column ${column}.`,
};

/** What each number of the page is, and its unit. */
export const READOUTS = {
  row: ["row of the cell", ""],
  column: ["column of the cell", ""],
  ...Object.fromEntries(["1x1", "3x3", "5x5"].flatMap((key) => [
    [`side-${key}`, [`window of the ${key.replace("x", "×")} branch`, "pixels"]],
  ])),
};
