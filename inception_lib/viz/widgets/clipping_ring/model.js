/** Clipping of a gradient [first, second] at THRESHOLD, as torch does it. A state is { first, second, way }. */

export const THRESHOLD = 2;
const APART = 1e-6; // torch adds it to the norm, so that it never divides by nought

/** What is left of the gradient. */
export function clipped({ first, second, way }) {
  if (way === "value") return [first, second].map((g) => Math.min(THRESHOLD, Math.max(-THRESHOLD, g)));
  const factor = Math.min(1, THRESHOLD / (Math.hypot(first, second) + APART));
  return [first * factor, second * factor];
}

/** Every number that the page shows, by the name of its <output>. */
export function readouts(state) {
  const [first, second] = clipped(state);
  const turned = Math.atan2(second, first) - Math.atan2(state.second, state.first);
  return {
    norm: Math.hypot(state.first, state.second), left: Math.hypot(first, second), first, second,
    turned: Math.floor(Math.abs((turned * 180) / Math.PI) * 1e9 + 0.5) / 1e9, // without the last bits
  };
}
