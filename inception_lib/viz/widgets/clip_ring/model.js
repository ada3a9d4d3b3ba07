/** A gradient of two weights clipped at section 8's threshold: by its length, and number by number. */

export const THRESHOLD = 2;
export const MOST = 6;

/** Its length cut to the threshold, the direction kept. */
export function byLength([a, b]) {
  const scale = Math.min(1, THRESHOLD / Math.max(Math.hypot(a, b), 1e-300));
  return [a * scale, b * scale];
}

/** Each number cut to the threshold. */
export const byValue = (gradient) => gradient.map((x) => Math.min(THRESHOLD, Math.max(-THRESHOLD, x)));

/** Degrees between two directions; neither way of clipping leaves a quarter of the plane. */
const between = ([a, b], [c, d]) => (Math.abs(Math.atan2(d, c) - Math.atan2(b, a)) * 180) / Math.PI;

/** Every number that the page shows, by the name of its <output>. */
export function readouts({ first, second }) {
  const gradient = [first, second];
  const [ring, square] = [byLength(gradient), byValue(gradient)];
  return {
    length: Math.hypot(first, second),
    "ring-first": ring[0], "ring-second": ring[1],
    "square-first": square[0], "square-second": square[1],
    turned: between(ring, square),
  };
}
