/**
 * What the branches of a module cost and what their sheets read, as plain arithmetic, and where each
 * stack stands. The same numbers come from widget.py, traced; a fixture holds these to them.
 *
 * A state has { branches, grid, channels, reduce_a, reduce_b, plain_a, plain_b, sheet }. Every layer has
 * stride 1 and "same" padding: multiply-adds = kernel² · in · out · grid².
 */

/** The layers of each branch at a state: [{ name, reduction, plain, layers: [{ kernel, pool, from, out, macs }] }]. */
export function branchesAt(state) {
  return state.branches.map(({ name, layers, reduction }) => {
    const plain = Boolean(reduction && state[`plain_${reduction}`]);
    const kept = plain ? layers.slice(1) : layers;
    let channels = state.channels;
    const counted = kept.map((layer, i) => {
      const reduces = reduction && !plain && i === 0;
      const out = layer.pool ? channels : reduces ? state[`reduce_${reduction}`] : layer.out;
      const macs = layer.pool ? 0 : layer.kernel ** 2 * channels * out * state.grid ** 2;
      const from = channels;
      channels = out;
      return { kernel: layer.kernel, pool: layer.pool, reduces: Boolean(reduces), from, out, macs };
    });
    const sum = counted.reduce((total, layer) => total + layer.macs, 0);
    const window = counted.reduce((side, layer) => side + layer.kernel - 1, 1);
    return { name, reduction, plain, layers: counted, macs: sum, out: channels, window };
  });
}

/** Index of the branch that a sheet of the output belongs to, and its place in it. */
export function owner(branches, sheet) {
  let first = 0;
  for (const [index, { out }] of branches.entries()) {
    if (sheet < first + out) return { index, place: sheet - first };
    first += out;
  }
  throw new RangeError(`there is no sheet ${sheet}`);
}

/** Sheets of the output. */
export const sheets = (branches) => branches.reduce((sum, { out }) => sum + out, 0);

const total = (branches) => branches.reduce((sum, { macs }) => sum + macs, 0);

/** The same module without its two reductions. */
export const withoutReductions = (state) => branchesAt({ ...state, plain_a: true, plain_b: true });

/** The greatest width of a reduction at which its branch costs no more than without it. */
export function breakEven(state, which) {
  const cost = (patch) => total(branchesAt({ ...state, ...patch }).filter((b) => b.reduction === which));
  const one = cost({ [`plain_${which}`]: false, [`reduce_${which}`]: 1 });
  const two = cost({ [`plain_${which}`]: false, [`reduce_${which}`]: 2 });
  const without = cost({ [`plain_${which}`]: true });
  return Math.floor(1 + (without - one) / (two - one));
}

/** The width at which a branch with its reduction costs `macs`: the inverse, for a dragged bar. */
export function widthAt(state, which, macs) {
  const cost = (r) => total(branchesAt({
    ...state, [`plain_${which}`]: false, [`reduce_${which}`]: r,
  }).filter((b) => b.reduction === which));
  return 1 + (macs - cost(1)) / (cost(2) - cost(1));
}

/** The dearest that any branch can become: the scale of the bars. */
export function dearest(state) {
  const widest = { reduce_a: state.channels, reduce_b: state.channels, plain_a: false, plain_b: false };
  const all = [...branchesAt({ ...state, ...widest }), ...withoutReductions(state)];
  return Math.max(...all.map(({ macs }) => macs));
}

/** Every number that the page shows, by the name of its <output>. */
export function readouts(state) {
  const now = branchesAt(state);
  const [module, plain] = [total(now), total(withoutReductions(state))];
  const found = { module, plain, times: plain / module, sheet: state.sheet + 1 };
  now.forEach(({ macs }, i) => { found[`branch-${i + 1}`] = macs; });
  const mine = now[owner(now, state.sheet).index];
  const last = mine.layers.at(-1);
  return { ...found, reads: last.kernel ** 2 * last.from, over: mine.window ** 2 * state.channels };
}

// -- geometry ----------------------------------------------------------------------------------------

const SLANT = [0.8, -0.5]; // where depth goes on the page, as in the kit's boxes
const FOOT = 24; // pixels under a row's stacks: its bar

/** Where everything stands in a drawing `wide` pixels wide. */
export function layout(wide, state) {
  const narrow = wide < 560;
  const face = narrow ? 25 : 42;
  const pitch = ((narrow ? 42 : 62) / 192) * (192 / Math.max(192, state.channels)); // pixels of depth a sheet
  const [ux, uy] = SLANT.map((s) => s * pitch);
  const branches = branchesAt({ ...state, plain_a: false, plain_b: false });
  const row = face + FOOT + (narrow ? 18 : 22);
  const height = branches.length * row + (narrow ? 20 : 12);
  const count = sheets(branches);
  const gap = narrow ? 2 : 4; // between the bands of the concatenation
  const end = wide - face - count * ux - gap * (branches.length - 1) - 2;
  const [from, to] = narrow ? [0.27 * wide, 0.5 * wide] : [0.26 * wide, 0.54 * wide];
  /** Left edge of the stack after layer `i` of `n`. A single layer stands in the last column. */
  const column = (i, n) => (n === 1 ? to : from + ((to - from) * i) / (n - 1));
  /** Foot of the stacks of a row, and the top of its bar. */
  const foot = (i) => (i + 1) * row - FOOT + (narrow ? 8 : 6);
  const middle = height / 2 + (face - state.channels * uy) / 2 - (narrow ? 4 : 12);
  // Over the last stack stands what the module costs, under it what the picked sheet reads.
  const last = narrow ? middle : 186;
  return { narrow, face, ux, uy, gap, row, height, end, from, to, column, foot, middle, last, count };
}

/** The sheet of the output under a point (x, y), in a drawing laid out as `place`. */
export function sheetAt(x, y, place, branches) {
  const { end, face, ux, uy, last, gap, count } = place;
  const right = x - end - face;
  const up = last - face - y;
  let first = 0;
  let best = 0;
  branches.forEach(({ out }, i) => {
    const sheetRight = (right - i * gap) / ux;
    const sheetUp = (up + i * gap * (uy / ux)) / -uy;
    const at = Math.floor(Math.max(sheetRight, sheetUp));
    if (at >= first) best = Math.min(at, first + out - 1);
    first += out;
  });
  return Math.min(Math.max(best, 0), count - 1);
}
