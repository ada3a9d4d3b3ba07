/** Ratios of two networks' budgets, and where a network stands on the plane. */

export const BUDGETS = ["params", "macs", "activations"];

/** Every number that the page shows, by the name of its <output>. */
export function readouts({ networks, first, second }) {
  const [one, two] = [networks[first], networks[second]];
  return Object.fromEntries(BUDGETS.flatMap((budget) => [
    [budget, one[budget]], [`times-${budget}`, one[budget] / two[budget]],
  ]));
}

/** Values 1, 2 and 5 × 10^k from `low` to `high`, for an axis of equal factors. */
export function ticks(low, high) {
  const found = [];
  for (let k = Math.floor(Math.log10(low)); 10 ** k <= high; k++) {
    for (const m of [1, 2, 5]) if (m * 10 ** k >= low && m * 10 ** k <= high) found.push(m * 10 ** k);
  }
  return found;
}

/** A plane `width` × `height` with room for every network: { x, y, radius, ends }. */
export function plane(networks, width, height, pad) {
  const ends = (budget) => {
    const values = networks.map((network) => network[budget]);
    return [Math.min(...values) / 1.7, Math.max(...values) * 1.7];
  };
  const [x, y] = [ends("macs"), ends("params")];
  const along = ([low, high], v) => Math.log(v / low) / Math.log(high / low);
  const largest = Math.max(...networks.map(({ activations }) => activations));
  const widest = Math.min(34, width / 11);
  return {
    ends: { x, y },
    x: (macs) => pad.left + along(x, macs) * (width - pad.left - pad.right),
    y: (params) => height - pad.bottom - along(y, params) * (height - pad.top - pad.bottom),
    radius: (activations) => widest * Math.sqrt(activations / largest),
  };
}

/** Index of the network whose disc has its middle nearest to a point. */
export function nearest(x, y, networks, on) {
  const far = networks.map(({ macs, params }) => Math.hypot(on.x(macs) - x, on.y(params) - y));
  return far.indexOf(Math.min(...far));
}
