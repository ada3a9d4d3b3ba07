/**
 * What is measured of the trained trunk. A state is { layers, maps, measure, layer }; a layer is
 * { name, label, grid, channels, zeros, first, second, components, reductions, probe, low, high }.
 */

/** Lines of a measurement: [name, value of a layer], the first is drawn strongest. */
export const LINES = {
  probe: [["probe", (row) => row.probe]],
  zeros: [["zeros", (row) => row.zeros]],
  neighbours: [["first", (row) => row.first], ["second", (row) => row.second]],
  directions: [["share", (row) => row.components / row.channels]],
};

/** Whiskers: the interval of a layer, where there is one. */
export const interval = (measure, row) => (measure === "probe" ? [row.low, row.high] : null);

/** Marks beside the line: the widths of the network's own reductions, as shares of the channels. */
export const marks = (measure, row) =>
  (measure === "directions" ? [...new Set(row.reductions)].map((width) => width / row.channels) : []);

/** The last layer with recorded maps that is not behind this one; the first if there is none. */
export function mapsAt({ layers, maps, layer }) {
  const names = Object.keys(maps);
  const before = layers.slice(0, layer + 1).map(({ name }) => name).filter((name) => names.includes(name));
  return before.at(-1) ?? names[0];
}

/** Every number that the page shows, by the name of its <output>. */
export function readouts({ layers, measure, layer }) {
  const { probe, low, high, zeros, first, second, components, channels, reductions } = layers[layer];
  if (measure === "probe") return { probe, low, high };
  if (measure === "zeros") return { zeros };
  if (measure === "neighbours") return { first, second };
  const found = { components, channels, share: components / channels };
  return reductions.length ? { ...found, widest: Math.max(...reductions) } : found;
}
