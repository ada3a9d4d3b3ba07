/** Grids and what is left of them at the border. No DOM. */

export const SMALLEST = 75;
export const LARGEST = 331;

/** The side of the grid that each layer with a stride reads, for an image of `size` pixels. */
export function sides(layers, size) {
  let side = size;
  return layers.map(({ before }) => {
    for (const [kernel, stride, padding] of before) side = Math.floor((side + 2 * padding - kernel) / stride) + 1;
    const read = side;
    side = Math.floor((side - 3) / 2) + 1;
    return read;
  });
}

/** How many cells no window of three that moves by two reaches: 0 or 1. */
export const over = (side) => (side - 3) % 2;

export function readouts({ layers, size }) {
  const all = sides(layers, size);
  return {
    ...Object.fromEntries(layers.map(({ name }, k) => [`side-${name}`, all[k]])),
    over: all.reduce((sum, side) => sum + over(side), 0),
  };
}

/** The windows that reach into the last `count` cells of a grid, as first cells, from the last to the first. */
export function lastWindows(side, count) {
  const found = [];
  for (let first = 2 * Math.floor((side - 3) / 2); first >= side - count - 2 && first >= 0; first -= 2) found.push(first);
  return found;
}
