/** Two 3×3 over a patch of outputs inside the image, one channel throughout. A state is { patch }. */

/** What an output costs where the patch has no end: 9 for the second layer, and one cell of the first. */
export const ENDLESS = 18;

/** How many outputs of the patch read each cell of the first layer, row by row. */
export function readers(patch) {
  const side = patch + 2;
  const along = Array.from({ length: side }, (_, i) => Math.min(i, patch - 1) - Math.max(i - 2, 0) + 1);
  return along.map((a) => along.map((b) => a * b));
}

/** Every number that the page shows, by the name of its <output>. */
export function readouts({ patch }) {
  const outputs = patch ** 2;
  const cells = (patch + 2) ** 2;
  return { "cells-alone": 9 * outputs, "cells-shared": cells, one: 25, alone: 90, shared: (9 * cells + 9 * outputs) / outputs };
}
