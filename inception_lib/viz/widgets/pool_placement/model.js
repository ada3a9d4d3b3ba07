/**
 * The three places of a pool beside a 3×3 convolution that doubles the channels, as plain arithmetic.
 * widget.py reads the same numbers off modules that are built and traced; a fixture holds these to them.
 */

export const PLACES = ["before", "beside", "behind"];
const WINDOW = 9; // weights of a 3×3 for each pair of channels

/** Cells a side that are left: half of them, rounded down. */
export const halved = (grid) => Math.floor(grid / 2);

/** Tensors on the way as [cells a side, channels, made by]; the middle may be two that lie side by side. */
export function tensors(place, { grid, channels }) {
  const half = halved(grid);
  const middle = {
    before: [[half, channels, "pool"]],
    beside: [[half, channels, "conv"], [half, channels, "pool"]],
    behind: [[grid, 2 * channels, "conv"]],
  }[place];
  const out = { before: [[half, 2 * channels, "conv"]], beside: middle, behind: [[half, 2 * channels, "pool"]] }[place];
  return { in: [[grid, channels, "input"]], middle, out };
}

/** Numbers in tensors that are alive together. */
export const alive = (list) => list.reduce((sum, [side, channels]) => sum + side * side * channels, 0);

/** Multiply-adds of each way: only the convolution multiplies. */
export function costs({ grid, channels }) {
  const half = halved(grid);
  const pair = WINDOW * channels * channels;
  return { before: 2 * pair * half * half, beside: pair * half * half, behind: 2 * pair * grid * grid };
}

/** Every number that the page shows, by the name of its <output>. */
export function readouts(state) {
  const on = tensors(state.place, state);
  const macs = costs(state);
  return {
    "alive-in": alive(on.in), "alive-middle": alive(on.middle), "alive-out": alive(on.out),
    ...Object.fromEntries(PLACES.map((place) => [`macs-${place}`, macs[place]])),
    ratio: macs.behind / macs.before,
  };
}

/**
 * The pipe at one state: heights as shares of the input's, of what is alive before, between and after; where
 * the two operations stand, from 0 to 1; how far the two lanes are apart (0 or 1); whether the middle is a waist.
 */
export function shape(state) {
  const on = tensors(state.place, state);
  const [before, middle, after] = [on.in, on.middle, on.out].map(alive);
  const at = { before: [0.27, 0.73], beside: [0.5, 0.5], behind: [0.73, 0.27] }[state.place];
  return {
    heights: [1, middle / before, after / before], pool: at[0], conv: at[1],
    split: state.place === "beside" ? 1 : 0, waist: middle < after,
  };
}
