/** Windows and a border: which layers widen what lies inside the image. The windows come from Python. */

/** Whether the window before a layer already holds the whole image. */
export const isBeyond = (layer, side) => layer.before >= side;

/** Every number that the page shows, by the name of its <output>. */
export function readouts({ networks, network, side }) {
  const { layers } = networks[network];
  return { beyond: layers.filter((layer) => isBeyond(layer, side)).length, layers: layers.length };
}

/** Layers in a row that belong together: [{ module, from, to }], places from 0, `to` excluded. */
export function groups(layers) {
  const found = [];
  layers.forEach(({ module }, i) => {
    const last = found.at(-1);
    if (last?.module === module) last.to = i + 1;
    else found.push({ module, from: i, to: i + 1 });
  });
  return found;
}

/**
 * One layer's stroke, as lengths from the middle in pixels of the image: what was seen before, what it adds
 * inside the image, and what it adds beyond the border.
 */
export function stroke({ before, behind }, side) {
  const [a, b, edge] = [before / 2, behind / 2, side / 2];
  return { seen: [0, a], inside: [Math.min(a, edge), Math.min(b, edge)], outside: [Math.max(a, edge), Math.max(b, edge)] };
}
