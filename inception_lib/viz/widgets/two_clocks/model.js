/**
 * Section 8's staircase and its two clocks. A state is { epoch, guess, answer }; widget.py has the same numbers,
 * and tests hold those to the library's schedule and average.
 */

const IMAGES = 1281167; // ILSVRC 2012, training
export const EPOCHS = 100;
export const EVERY = 2; // epochs of a stair
export const RATE = 0.045;
const DECAY = 0.94;
export const HORIZON = 10000; // steps: 1/(1 − 0.9999)

/** By clock: images of a step, and steps of an epoch, the last of them smaller. */
export const CLOCKS = Object.fromEntries([["replica", 32], ["together", 1600]]
  .map(([name, images]) => [name, { images, steps: Math.ceil(IMAGES / images) }]));

/** The rate at a time; the end of the last epoch still belongs to it. */
export const rateAt = (epoch) => RATE * DECAY ** Math.min(Math.floor(epoch / EVERY), EPOCHS / EVERY - 1);

/** Epochs that 10,000 steps reach back from a time, not beyond the beginning. */
export const windowOf = (clock, epoch) => Math.min(epoch, HORIZON / CLOCKS[clock].steps);

/** Every number that the page shows, by the name of its <output>. */
export function readouts({ epoch, guess, answer }) {
  const found = { rate: rateAt(epoch) };
  if (answer === "hidden") return { ...found, guess };
  for (const [name, { steps }] of Object.entries(CLOCKS)) {
    const ticks = epoch * steps;
    const floor = Math.floor(ticks);
    // As Python rounds: a half goes to the even neighbour.
    found[name] = ticks - floor === 0.5 ? floor + (floor % 2) : Math.round(ticks);
    found[`${name}-window`] = windowOf(name, epoch);
  }
  return found;
}

/** The corners of the staircase from one time to a later one: [epoch, rate], two a stair. */
export function stairs(from, to) {
  const corners = [];
  for (let start = from; start < to;) {
    const end = Math.min(to, (Math.floor(start / EVERY) + 1) * EVERY);
    corners.push([start, rateAt(start)], [end, rateAt(start)]);
    start = end;
  }
  return corners;
}

/** Epochs at which a clock has done whole multiples of `every` steps, from 0 to the end of the training. */
export function ticks(clock, every) {
  const { steps } = CLOCKS[clock];
  return Array.from({ length: Math.floor((EPOCHS * steps) / every) + 1 }, (_, i) => (i * every) / steps);
}
