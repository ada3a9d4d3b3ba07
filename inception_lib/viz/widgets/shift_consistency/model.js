/** Recorded shares by shift; the numbers come from a recorded experiment, none is computed here. */

/** The curves of the present photograph: [{ layer, left }]. */
export const curvesOf = ({ curves, photo }) => curves[photo];

/** Every number that the page shows, by the name of its <output>. */
export const readouts = (state) =>
  Object.fromEntries(curvesOf(state).map(({ layer, left }) => [`left-${layer}`, left[state.shift]]));

/** The largest share of any curve, rounded up to a tenth: the plot's upper end. */
export const highest = (curves) =>
  Math.ceil(10 * Math.max(...Object.values(curves).flat().flatMap(({ left }) => left))) / 10;
