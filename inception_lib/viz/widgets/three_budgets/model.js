/** Budgets of a network and of its layers, as plain sums; where a layer lies on a bar. */

export const BUDGETS = ["params", "macs", "activations"];

/** The network that is shown, and its picked layer. */
export function picked({ networks, network, layer }) {
  const { layers, ...rest } = networks[network];
  const index = Math.min(layer, layers.length - 1);
  return { ...rest, layers, index, layer: layers[index] };
}

export const total = (layers, budget) => layers.reduce((sum, layer) => sum + layer[budget], 0);

/** Where each layer begins and ends on a bar of length 1. */
export function spans(layers, budget) {
  const whole = total(layers, budget);
  let at = 0;
  return layers.map((layer) => {
    const from = at / whole;
    at += layer[budget];
    return [from, at / whole];
  });
}

/** The layer under a place of the bar, from 0 to 1. */
export function layerAt(layers, budget, share) {
  const found = spans(layers, budget).findIndex(([, to]) => share < to);
  return found < 0 ? layers.length - 1 : found;
}

/** Every number that the page shows, by the name of its <output>. */
export function readouts(state) {
  const { layers, index, layer } = picked(state);
  const found = { layer: index + 1, layers: layers.length };
  for (const budget of BUDGETS) {
    const whole = total(layers, budget);
    found[budget] = whole;
    found[`layer-${budget}`] = layer[budget] / whole;
  }
  return found;
}
