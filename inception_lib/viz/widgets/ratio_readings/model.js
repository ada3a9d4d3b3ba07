/** Pooling first beside convolving first: only the number of cells differs, d² against ⌊d/2⌋². */

export const READINGS = ["to a quarter", "by a quarter", "3 times more"];

/** Every number that the page shows, by the name of its <output>. */
export function readouts({ grid }) {
  const left = (Math.floor(grid / 2) / grid) ** 2;
  return { left, saved: 1 - left, more: 1 / left - 1 };
}

/**
 * What a sentence claims and what is so, as stretches of the long bar from 0 to 1: `claims` is where the short
 * bar would end if the sentence were true.
 */
export const claims = (reading) => ({ "to a quarter": 1 / 4, "by a quarter": 3 / 4, "3 times more": 1 / 4 })[reading];
