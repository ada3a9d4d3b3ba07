/**
 * Recorded networks by ε: histograms of gaps, points of features, bins of calibration. A state is
 * { runs: { images, each: [{ epsilon, seeds, counts, gap, ece, error, bins, points }] }, epsilon, split }.
 */

export const CLASSES = 10;
export const FIRST = -10; // where the first bin of the histograms begins; each is 1 wide
export const SHOWN = [-2, 18]; // gaps that are drawn; the ends of a histogram take what is beyond

/** The recorded networks of hard labels, and of the present ε. */
export const hardOf = ({ runs }) => runs.each.find(({ epsilon }) => epsilon === 0);
export const nowOf = ({ runs, epsilon }) => runs.each.find((one) => one.epsilon === epsilon) ?? hardOf({ runs });

/** The gap at which the smoothed loss is lowest. */
export const best = (epsilon) => Math.log((1 - epsilon + epsilon / CLASSES) / (epsilon / CLASSES));

/** Every number that the page shows, by the name of its <output>. */
export function readouts(state) {
  const found = {};
  for (const [name, one] of [["hard", hardOf(state)], ["now", nowOf(state)]]) {
    found[`gap-${name}`] = one.gap[state.split];
    found[`ece-${name}`] = one.ece;
    found[`error-${name}`] = one.error;
  }
  if (state.epsilon && state.split === "training") found.best = best(state.epsilon);
  return found;
}

/** Shares of the images in bins of width 1, over the gaps that are drawn. */
export function shares(one, split) {
  const counts = one.counts[split];
  const all = counts.reduce((sum, n) => sum + n, 0);
  const [low, high] = SHOWN;
  const inside = counts.slice(low - FIRST, high - FIRST);
  inside[0] += counts.slice(0, low - FIRST).reduce((sum, n) => sum + n, 0);
  inside[inside.length - 1] += counts.slice(high - FIRST).reduce((sum, n) => sum + n, 0);
  return inside.map((n) => n / all);
}

/** The largest share of any bin, over all ε: so that no histogram changes its scale. */
export const highest = ({ runs }, split) => Math.max(...runs.each.flatMap((one) => shares(one, split)));

/** How far from the middle the farthest point of any ε lies. */
export const reach = ({ runs }, split) =>
  Math.max(...runs.each.flatMap(({ points }) => points[split].flat().flatMap(([x, y]) => [Math.abs(x), Math.abs(y)])));

/** Everything that moves when ε does, as one list of numbers. */
export const moving = (one, split) => [
  ...shares(one, split), ...one.points[split].flat(2), ...one.bins.flat(),
];

/** That list taken apart again. */
export function apart(list, one, split) {
  const bars = SHOWN[1] - SHOWN[0];
  const groups = one.points[split];
  let at = bars;
  const take = (n) => list.slice(at, (at += n));
  const points = groups.map((group) => group.map(() => take(2)));
  return { shares: list.slice(0, bars), points, bins: one.bins.map(() => take(3)) };
}
