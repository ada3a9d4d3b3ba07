/** A perceptually uniform map for magnitudes (viridis), as CSS colours. */

const STOPS = "440154482475414487355f8d2a788e21918c22a88444bf707ad151bddf26fde725".match(/../g).map((x) => parseInt(x, 16));
const LAST = STOPS.length / 3 - 1;

/** Red, green and blue, 0 to 255, of a magnitude from 0 to 1. */
export function viridis(t) {
  const x = Math.min(1, Math.max(0, t)) * LAST;
  const i = Math.min(LAST - 1, Math.floor(x));
  return [0, 1, 2].map((c) => Math.round(STOPS[3 * i + c] + (x - i) * (STOPS[3 * i + 3 + c] - STOPS[3 * i + c])));
}

/** The same as a CSS colour. */
export const magnitude = (t) => `rgb(${viridis(t)})`;

/** The whole map from left to right, for a scale. */
export const ramp = `linear-gradient(90deg, ${Array.from({ length: LAST + 1 }, (_, i) => magnitude(i / LAST)).join(", ")})`;
