/**
 * Norms of gradients by network, loss, epoch and part; recorded, none is computed here. A state is
 * { norms, network, stop }; norms[network] is { parts, after, main, side?, cosine? }, main[stop][part] is
 * [mean, lowest, highest] over the seeds.
 */

export const LOSSES = ["main", "side"];

export const presentOf = ({ norms, network }) => norms[network];

/** Every number that the page shows, by the name of its <output>. */
export function readouts(state) {
  const now = presentOf(state);
  const found = {};
  for (const loss of LOSSES) {
    now[loss]?.[state.stop].forEach(([mean], i) => { found[`${loss}-${now.parts[i]}`] = mean; });
  }
  if (now.side) {
    found.ratio = now.side[state.stop][0][0] / now.main[state.stop][0][0];
    found.cosine = now.cosine[state.stop];
  }
  return found;
}

/** The largest norm of all networks and epochs, rounded up to a tenth: the top of the axis. */
export function highest(norms) {
  const all = Object.values(norms).flatMap((now) => LOSSES.flatMap((loss) => now[loss] ?? []));
  return Math.ceil(10 * Math.max(...all.flat().map(([, , high]) => high))) / 10;
}
