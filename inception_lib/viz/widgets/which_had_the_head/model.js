/**
 * Recorded pairs of trainings; the numbers come from a recorded experiment. A state is
 * { pairs, head, pair, moment, bets }; a pair is { seed, a, b, head }: two curves and which of them had the head.
 */

export const EPOCHS = 12;
export const END = EPOCHS + 1; // the moment behind the last epoch
export const MOMENTS = Array.from({ length: END }, (_, i) => i + 1);

/** The pairs of the present head. */
export const pairsOf = ({ pairs, head }) => pairs[head];

/** Number of the present pair: beyond the last it starts again from the first. */
export const numberOf = (state) => state.pair % pairsOf(state).length;

export const presentOf = (state) => pairsOf(state)[numberOf(state)];

/** The first bet on each recorded pair, as a Map from "head-number" to its choice. */
export function placed({ pairs, bets }) {
  const found = new Map();
  for (const bet of bets.split(" ").filter(Boolean)) {
    const [head, number, , choice] = bet.split("-");
    const key = `${head}-${Number(number)}`;
    if (Number(number) < (pairs[head]?.length ?? 0) && !found.has(key)) found.set(key, choice);
  }
  return found;
}

/** What the reader bet on the present pair, if anything. */
export const betOf = (state) => placed(state).get(`${state.head}-${numberOf(state)}`);

/** The bets with one more, on the present pair at the present moment. */
export const withBet = (state, choice) =>
  `${state.bets} ${state.head}-${numberOf(state)}-${state.moment}-${choice}`.trim();

/** The number of the next pair that has no bet yet, from the present one on; -1 where all have one. */
export function nextOf(state) {
  const count = pairsOf(state).length;
  const taken = placed(state);
  for (let step = 1; step <= count; step++) {
    const number = (numberOf(state) + step) % count;
    if (!taken.has(`${state.head}-${number}`)) return number;
  }
  return -1;
}

/** In how many pairs the training with the head errs less, as often, or more, at a moment. */
export function standing(state, moment) {
  const found = { ahead: 0, level: 0, behind: 0 };
  for (const { a, b, head } of pairsOf(state)) {
    const [own, other] = head === "a" ? [a, b] : [b, a];
    const gain = other[moment - 1] - own[moment - 1];
    found[gain > 0 ? "ahead" : gain < 0 ? "behind" : "level"] += 1;
  }
  return found;
}

/** Every number that the page shows, by the name of its <output>. */
export function readouts(state) {
  const { a, b } = presentOf(state);
  const at = state.moment - 1;
  const found = { "error-a": a[at] / 100, "error-b": b[at] / 100 };
  const bets = placed(state);
  if (bets.size) {
    const { ahead, behind } = standing(state, state.moment);
    let won = 0;
    for (const [key, choice] of bets) {
      const [head, number] = key.split("-");
      won += state.pairs[head][number].head === choice;
    }
    Object.assign(found, { won, placed: bets.size, ahead, behind });
  }
  return found;
}

/** The lowest and the highest error of all pairs, rounded outwards to whole percent. */
export function span(pairs) {
  const all = Object.values(pairs).flat().flatMap(({ a, b }) => [...a, ...b]);
  return [Math.floor(Math.min(...all)), Math.ceil(Math.max(...all))];
}

/**
 * Of n tosses of a coin, the fewest heads that are not rare: with a chance of at most 2.5 % there are fewer, and
 * as seldom more than n less as many.
 */
export function fewest(n) {
  let [term, below, k] = [0.5 ** n, 0, 0];
  while (below + term <= 0.025) {
    below += term;
    term *= (n - k) / (k + 1);
    k += 1;
  }
  return k;
}

/** Two heights, moved apart to at least `least` around their middle. */
export function apart(first, second, least) {
  const gap = second - first;
  if (Math.abs(gap) >= least) return [first, second];
  const middle = (first + second) / 2;
  const reach = (gap < 0 ? -least : least) / 2;
  return [middle - reach, middle + reach];
}
