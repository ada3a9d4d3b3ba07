/**
 * What two 3×3 save of a 5×5 from c to α·c channels, each widening by √α. Costs are in units of c² on one
 * cell. A state is { alpha, layers }.
 */

export const PAPER = 1.5;

export const costs = (alpha) => ({ single: 25 * alpha, pair: 9 * Math.sqrt(alpha) * (1 + alpha) });

export const savingAt = (alpha) => {
  const { single, pair } = costs(alpha);
  return 1 - pair / single;
};

/** Layers of one α stand on one dot: [{ alpha, names }], from the smallest. */
export function dots(layers) {
  const found = new Map();
  for (const { name, inside, out } of layers) {
    const alpha = out / inside;
    found.set(alpha, [...(found.get(alpha) ?? []), name]);
  }
  return [...found].map(([alpha, names]) => ({ alpha, names })).sort((a, b) => a.alpha - b.alpha);
}

/** Every number that the page shows, by the name of its <output>. */
export const readouts = ({ alpha }) => ({ saving: savingAt(alpha), ...costs(alpha) });
