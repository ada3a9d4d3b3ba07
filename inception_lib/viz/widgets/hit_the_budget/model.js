/**
 * What Inception-v3 costs at a side of the photograph, with another first stride and with its first pool or
 * without: sides of grids, and multiply-adds a cell. The layers come from Python, read off the traced network;
 * widget.py counts the same by building and tracing each network, and a fixture holds these to it.
 */

const FIRST = "Conv2d_1a_3x3";
const POOL = "maxpool1";
const TASKS = { 151: 1, 79: 2 }; // sides of Table 2 as bits of `reached`
const NEAR = 0.07; // of the line: what still counts as reaching it

/** Cells a side of the image and of each grid after it. */
export function sides({ side, stride, pool, network }) {
  const found = [side];
  for (const grid of network.grids) {
    const before = found[grid.from];
    if (grid.layer === POOL && pool === "off") found.push(before);
    else {
      const step = grid.layer === FIRST ? stride : grid.stride;
      found.push(Math.floor((before + 2 * grid.padding - grid.kernel) / step) + 1);
    }
  }
  return found;
}

/** The parts in order: [{ stage, grid, macs }]. */
export function parts(state) {
  const on = sides(state);
  const { work, stages } = state.network;
  return stages.map(({ stage, grid }) => ({
    stage, grid: on[grid],
    macs: work.filter((w) => w.stage === stage).reduce((sum, w) => sum + w.macs * (w.grid === null ? 1 : on[w.grid] ** 2), 0),
  }));
}

export const total = (list) => list.reduce((sum, { macs }) => sum + macs, 0);

/** The network as it was published, which is the line. */
export const published = ({ network }) => parts({ network, side: 299, stride: 2, pool: "on" });

/** Every number that the page shows, by the name of its <output>. */
export function readouts(state) {
  const list = parts(state);
  const macs = total(list);
  return {
    macs, ratio: macs / total(published(state)),
    ...Object.fromEntries(list.map((part) => [`macs-${part.stage}`, part.macs])),
    ...Object.fromEntries(list.map((part) => [`grid-${part.stage}`, part.grid])),
  };
}

/** Whether so many times the line counts as on the line. */
export const isNear = (ratio) => Math.abs(ratio - 1) <= NEAR;

/** The tasks that are solved once the page is in this state. */
export function reachedWith({ side, reached }, ratio) {
  return isNear(ratio) ? reached | (TASKS[side] ?? 0) : reached;
}

/** Whether a side of Table 2 has been brought to the line. */
export const isReached = (side, reached) => side === 299 || (reached & TASKS[side]) > 0;
