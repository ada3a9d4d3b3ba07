/** Every word of SwappedHeadings. */

export const LABEL = "Table 4 with headings that can change places, and what it says under them";

export const CAPTION =
  "Left, Table 4 of the paper, its headings as printed until you move them: drag one over the other, or tap it. Right, " +
  "each row with two errors as a filled dot; rings are rows of Tables 3 (one crop) and 5 (ensembles). Above the " +
  "diagonal more images would be missed by five guesses than by the first of them. The line follows Inception-v3; its " +
  "3.58 % in Table 5 is of the test set (3.46 % of the validation images).";

export const PRESETS = [
  { id: "printed", label: "as printed", state: { first: "top-5" } },
  { id: "exchanged", label: "headings exchanged", state: { first: "top-1" } },
];

export const CHOICE = "Headings";
export const NETWORK = "network";
export const CROPS = "crops";
export const NONE = "–";
export const HEADING = { "top-1": "top-1 error", "top-5": "top-5 error" };
export const COLUMNS = ["over the first column of errors", "over the second column of errors"];
export const AXES = ["top-1 error, %", "top-5 error, %"];
export const CANNOT = "cannot be";
export const OF = "of";
export const ROWS = "rows cannot be";
export const COURSE = (title, crops) => `${title}, from one crop to ${crops}:`;
export const KEYS = { one: "1 crop, Table 3", own: "Table 4", many: "ensemble, Table 5" };
export const crops = (n) => (n === null ? NONE : String(n));
export const dot = ({ where = "Table 4", title, crops: n, models = 1, note }) =>
  `${where}: ${title}${n ? `, ${n} crop${n > 1 ? "s" : ""}` : ""}${models > 1 ? `, ${models} models` : ""}${note ? ` (${note})` : ""}`;
export const spoken = (first, impossible, both) => `First ${HEADING[first]}: ${impossible} of ${both} ${ROWS}.`;

export const READOUTS = {
  impossible: ["rows whose top-5 error is above their top-1 error", ""],
  both: ["rows with two errors", ""],
  "one-top-1": ["top-1 error of Inception-v3 with one crop", "%"],
  "many-top-1": ["top-1 error in the table’s last row", "%"],
  "one-top-5": ["top-5 error of Inception-v3 with one crop", "%"],
  "many-top-5": ["top-5 error in the table’s last row", "%"],
};
