/**
 * Small networks of one cost. A state is { curves, budget, place }; a curve is { budget, networks }, a
 * network { depth, width, macs, errors }.
 */

export const mean = (values) => values.reduce((sum, v) => sum + v, 0) / values.length;

/** The networks of a budget, in the order of their depth. */
export const networksOf = ({ curves, budget }) => curves.find((curve) => curve.budget === budget).networks;

/** The highest error of all, rounded up to a twentieth: the top of the axis. */
export const highest = (curves) =>
  Math.ceil(Math.max(...curves.flatMap(({ networks }) => networks.flatMap(({ errors }) => errors))) * 20) / 20;

/** Every number that the page shows, by the name of its <output>. */
export function readouts(state) {
  const { depth, width, macs, errors } = networksOf(state)[state.place];
  return { depth, width, macs, error: mean(errors) };
}
