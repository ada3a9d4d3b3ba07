/**
 * Labels of one image drawn with label-dropout, and the running mean of their hard losses. A state is
 * { drawn, epsilon }. The draws are fixed; widget.py has the same generator.
 */

export const CLASSES = 10;
export const GAP = 3;
export const MOST = 4000;

/** mulberry32: numbers in [0, 1), the same for every reader. */
function* random(seed) {
  let state = seed;
  for (;;) {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    yield ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
}

/** Two of them a label: whether it is drawn again, and which it becomes. */
const PAIRS = (() => {
  const numbers = random(7);
  return Array.from({ length: MOST }, () => [numbers.next().value, numbers.next().value]);
})();

/** The drawn labels; 0 is the right class. */
export const labels = ({ drawn, epsilon }) =>
  PAIRS.slice(0, drawn).map(([again, which]) => (again < epsilon ? Math.floor(CLASSES * which) : 0));

/** The hard loss of the right label, and of any other. */
const right = Math.log1p((CLASSES - 1) * Math.exp(-GAP));
export const LOSSES = [right, right + GAP];

/** The loss with the smoothed label. */
export const smoothed = ({ epsilon }) => right + epsilon * (1 - 1 / CLASSES) * GAP;

/** The mean of the hard losses after each drawn label. */
export function means(state) {
  let sum = 0;
  return labels(state).map((label, i) => (sum += LOSSES[label ? 1 : 0]) / (i + 1));
}

/** How often each class was drawn. */
export function counts(state) {
  const found = Array(CLASSES).fill(0);
  for (const label of labels(state)) found[label] += 1;
  return found;
}

/** Every number that the page shows, by the name of its <output>. */
export function readouts(state) {
  if (!state.drawn) return { smoothed: smoothed(state) };
  const other = state.drawn - counts(state)[0];
  return { smoothed: smoothed(state), other, mean: right + (other / state.drawn) * GAP };
}
