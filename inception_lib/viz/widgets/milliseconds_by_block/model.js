/**
 * Times of blocks as measured, multiply-adds and bytes as counted; all come from Python. A state is
 * { blocks, mode, block }; blocks[i] is { name, [mode]: { ms, macs, bytes } }, of one image.
 */

export const KINDS = ["ms", "macs", "bytes"];

/** Sums over the blocks that run in the mode. */
export function wholeOf({ blocks, mode }) {
  const rows = blocks.filter((block) => block[mode]);
  return Object.fromEntries(KINDS.map((key) => [key, rows.reduce((sum, block) => sum + block[mode][key], 0)]));
}

/** Blocks that run in the mode, with their place, their shares of each sum, and time by multiply-adds. */
export function rowsOf(state) {
  const whole = wholeOf(state);
  return state.blocks.flatMap((block, place) => {
    const row = block[state.mode];
    if (!row) return [];
    const share = Object.fromEntries(KINDS.map((key) => [key, row[key] / whole[key]]));
    return [{ place, name: block.name, share, ratio: row.macs ? share.ms / share.macs : null }];
  });
}

/** Every number that the page shows, by the name of its <output>. */
export function readouts(state) {
  const whole = wholeOf(state);
  const found = { "whole-ms": whole.ms, "whole-intensity": whole.macs / whole.bytes };
  const row = state.blocks[state.block][state.mode];
  if (!row) return found;
  const [time, macs, bytes] = KINDS.map((key) => row[key] / whole[key]);
  Object.assign(found, { ms: row.ms, time, macs, bytes });
  if (row.macs) Object.assign(found, { ratio: time / macs, intensity: row.macs / row.bytes });
  return found;
}
