/**
 * The side head behind one module of Inception-v3; all numbers come from traced graphs. A state is
 * { network, place }; network is { params, macs, modules: [{ name, side }], places: [{ before, tensors, layers }] }.
 */

export const presentOf = ({ network, place }) => network.places[place];

const total = (layers, key) => layers.reduce((sum, layer) => sum + layer[key], 0);

/** Every number that the page shows, by the name of its <output>. */
export function readouts(state) {
  const { network } = state;
  const { before, layers } = presentOf(state);
  const [params, macs] = ["params", "macs"].map((key) => total(layers, key));
  return {
    params, macs, "params-share": params / network.params, "macs-share": macs / network.macs,
    reached: before / network.params,
  };
}
