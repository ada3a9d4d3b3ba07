/** Every word of BestLines. */

export const LABEL = "A kernel, and the best column × row";

export const CAPTION =
  "One channel in, one between, one out. Left, a kernel of 49 weights: paint it, or move with the arrow keys and press the " +
  "space bar. Right, the nearest thing that a 7×1 and a 1×7 can do, with their 14 weights. Energy is the sum of the squares.";

const shape = (fn) => Array.from({ length: 49 }, (_, i) => Number(fn(Math.floor(i / 7), i % 7))).join("");

export const PRESETS = [
  { id: "corner", label: "corner", state: { kernel: shape((r, c) => (r === 1 && c > 0 && c < 6) || (c === 1 && r > 0 && r < 6)) } },
  { id: "square", label: "square", state: { kernel: shape((r, c) => r > 1 && r < 5 && c > 1 && c < 5) } },
  { id: "cross", label: "cross", state: { kernel: shape((r, c) => r === 3 || c === 3) } },
  { id: "ring", label: "ring", state: { kernel: shape((r, c) => Math.max(Math.abs(r - 3), Math.abs(c - 3)) === 2) } },
  { id: "diagonal", label: "diagonal", state: { kernel: shape((r, c) => r === c) } },
];

export const CHOICE = "Kernels";
export const DRAWN = "your kernel";
export const BEST = "the best column × row";
export const PAINT = "The kernel, 7×7. Arrow keys move, the space bar sets or clears a weight.";
export const HELD = "of its energy";
export const PAIRS = (n) => (n === 1 ? "pair of lines holds all of it" : "pairs of lines, added up, hold all of it");
export const spoken = (words, n) => `${words} ${HELD}; ${n} ${PAIRS(n)}.`;
export const at = (row, column, on) => `row ${row + 1}, column ${column + 1}: ${on ? "set" : "empty"}`;

export const READOUTS = {
  held: ["energy that one column × row holds", "%"],
  pairs: ["pairs of lines that hold all of it", "pairs"],
};
