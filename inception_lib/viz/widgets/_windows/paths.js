/**
 * What an output cell sees: windows by interval arithmetic, and paths by counting. No DOM.
 *
 * A graph is a list of nodes in execution order. Each is `{ name, op, parents, shape, kernel, stride,
 * padding, dilation }`, the last five as [height, width]; the first is the input. An axis of a node
 * is `{ stride, lo, hi }`: its cell i sees the input pixels stride·i + lo … stride·i + hi, some of
 * which may lie in the padding. inception_lib.graph.receptive_field computes the same in Python.
 */

const LAYER = /^(\d+)x(\d+)(?:\/(\d+))?(?:p(\d+))?$/;
export const AXES = [0, 1];
const SEES_ITSELF = { stride: 1, lo: 0, hi: 0 };

/** One row per node, as Python sends a traced graph; trailing defaults are left out of a row. */
export function fromRows(rows) {
  return rows.map(([name, op, parents, h, w, kh = 1, kw = 1, sh = 1, sw = 1, ph = 0, pw = 0, dh = 1, dw = 1]) => ({
    name, op,
    parents: parents.map((i) => rows[i][0]),
    shape: [h, w], kernel: [kh, kw], stride: [sh, sw], padding: [ph, pw], dilation: [dh, dw],
  }));
}

/**
 * One convolution in the notation of the widget: "3x3", "1x7", "3x3/2" (stride), "2x2p1" (padding).
 * Without p, the padding keeps an odd window centred ("same").
 */
export function parseLayer(text) {
  const found = LAYER.exec(text);
  if (!found) throw new Error(`“${text}” is not a layer such as 3x3, 1x7 or 3x3/2`);
  const [, h, w, s = 1, p] = found;
  const kernel = [Number(h), Number(w)];
  return {
    op: "conv",
    kernel,
    stride: [Number(s), Number(s)],
    padding: p === undefined ? kernel.map((k) => (k - 1) >> 1) : [Number(p), Number(p)],
    dilation: [1, 1],
  };
}

/** Layers one after another over an input of `size` × `size` pixels. */
export function chain(layers, size) {
  const nodes = fromRows([["input", "input", [], size, size]]);
  layers.forEach((text, i) => {
    const layer = parseLayer(text);
    const below = nodes[i];
    const shape = AXES.map((a) => Math.floor((below.shape[a] + 2 * layer.padding[a]
      - layer.dilation[a] * (layer.kernel[a] - 1) - 1) / layer.stride[a]) + 1);
    nodes.push({ name: `layer ${i + 1}`, parents: [below.name], shape, ...layer });
  });
  return nodes;
}

/** Does every node but the input have exactly one parent, the node before it? */
export const isChain = (nodes) =>
  nodes.every((node, i) => (i ? node.parents.length === 1 && node.parents[0] === nodes[i - 1].name : true));

/** Does the node look at more than the one cell below it? */
export const hasWindow = (node) => node.kernel.some((k) => k > 1) || node.stride.some((s) => s > 1);

/** The interval of cells of the node below that the cells first … last of `node` look at. */
export function reach(node, axis, [first, last]) {
  const { stride, padding, dilation, kernel } = node;
  return [
    stride[axis] * first - padding[axis],
    stride[axis] * last - padding[axis] + dilation[axis] * (kernel[axis] - 1),
  ];
}

/** A window from its two axes. */
export const fieldOf = (axes) => ({
  axes,
  size: axes.map(({ lo, hi }) => hi - lo + 1),
  stride: axes.map(({ stride }) => stride),
  padding: axes.map(({ lo }) => 0 - lo),
});

/** Nodes by name. */
export const index = (nodes) => new Map(nodes.map((node) => [node.name, node]));

/** Call `fn(paths, row, column)` for every cell of a grid that some path crosses. */
export function each(counts, [rows, columns], fn) {
  for (let i = 0, r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++, i++) if (counts[i]) fn(counts[i], r, c);
  }
}

/** `n`, but from 0 to `end` − 1. */
export const within = (n, end) => Math.min(end - 1, Math.max(0, n));

/** The window of every node: Map of name to `{ axes, size, stride, padding }`. */
export function fields(nodes) {
  const found = new Map();
  for (const node of nodes) {
    const below = node.parents.map((name) => found.get(name).axes);
    const axes = AXES.map((axis) => {
      if (!below.length) return SEES_ITSELF;
      const strides = new Set(below.map((axes) => axes[axis].stride));
      if (strides.size > 1) {
        throw new Error(`${node.name} merges strides ${[...strides].join(" and ")}`);
      }
      const [first, last] = reach(node, axis, [0, 0]);
      const { stride } = below[0][axis];
      return {
        stride: stride * node.stride[axis],
        lo: stride * first + Math.min(...below.map((axes) => axes[axis].lo)),
        hi: stride * last + Math.max(...below.map((axes) => axes[axis].hi)),
      };
    });
    found.set(node.name, fieldOf(axes));
  }
  return found;
}

/** The first tensor from `name` down that has a window, merges branches, or is the input. */
export function surface(byName, name) {
  let node = byName.get(name);
  while (node.parents.length === 1 && !hasWindow(node)) node = byName.get(node.parents[0]);
  return node;
}

/**
 * The branches that meet under `name`: the inputs of the last merge on the way down, as names;
 * the node itself where nothing merges.
 */
export function branchRoots(nodes, name) {
  const node = surface(index(nodes), name);
  return node.parents.length > 1 ? [...new Set(node.parents)] : [name];
}

/**
 * How many paths lead from one cell of `name` to each cell of every tensor below it.
 * Paths into the padding are dropped. Counts are exact up to 2^53.
 *
 * @returns {Map<string, Float64Array>} row-major counts, by name, for `name` and what it sees
 */
export function pathCounts(nodes, name, cell) {
  const byName = index(nodes);
  const [height, width] = byName.get(name).shape;
  const counts = new Map([[name, new Float64Array(height * width)]]);
  counts.get(name)[cell[0] * width + cell[1]] = 1;
  for (const node of nodes.toReversed()) {
    const above = counts.get(node.name);
    if (!above) continue;
    for (const parent of node.parents) {
      const [h, w] = byName.get(parent).shape;
      if (!counts.has(parent)) counts.set(parent, new Float64Array(h * w));
      spread(node, above, counts.get(parent), h, w);
    }
  }
  return counts;
}

/** Add the counts of a node's cells to the cells that they look at: along columns, then along rows. */
function spread({ kernel, stride, padding, dilation, shape: [rows, columns] }, above, below, h, w) {
  const tall = new Float64Array(h * columns);
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < kernel[0]; i++) {
      const y = r * stride[0] - padding[0] + i * dilation[0];
      if (y < 0 || y >= h) continue;
      for (let c = 0; c < columns; c++) tall[y * columns + c] += above[r * columns + c];
    }
  }
  for (let c = 0; c < columns; c++) {
    for (let j = 0; j < kernel[1]; j++) {
      const x = c * stride[1] - padding[1] + j * dilation[1];
      if (x < 0 || x >= w) continue;
      for (let y = 0; y < h; y++) below[y * w + x] += tall[y * columns + c];
    }
  }
}

/**
 * The other way round: how many paths lead from one pixel of the input to each cell of every tensor.
 *
 * @returns {Map<string, Float64Array>} row-major counts by name
 */
export function pathsFrom(nodes, pixel) {
  const byName = index(nodes);
  const counts = new Map();
  for (const node of nodes) {
    const [height, width] = node.shape;
    const here = new Float64Array(height * width);
    counts.set(node.name, here);
    if (!node.parents.length) here[pixel[0] * width + pixel[1]] = 1;
    for (const parent of node.parents) gather(node, counts.get(parent), here, byName.get(parent).shape);
  }
  return counts;
}

/** Add to a node's cells the counts of the cells that they look at. */
function gather({ kernel, stride, padding, dilation, shape: [rows, columns] }, below, here, [h, w]) {
  each(below, [h, w], (n, y, x) => {
    for (let i = 0; i < kernel[0]; i++) {
      const r = (y + padding[0] - i * dilation[0]) / stride[0];
      if (!Number.isInteger(r) || r < 0 || r >= rows) continue;
      for (let j = 0; j < kernel[1]; j++) {
        const c = (x + padding[1] - j * dilation[1]) / stride[1];
        if (Number.isInteger(c) && c >= 0 && c < columns) here[r * columns + c] += n;
      }
    }
  });
}

/** The cell in the middle of a node's grid (the lower right of the middle four on an even grid). */
export const middle = ({ shape }) => shape.map((n) => n >> 1);

/** The input pixels [first, last] on each axis that a cell sees, padding included. */
export const windowOf = (field, cell) =>
  field.axes.map(({ stride, lo, hi }, a) => [stride * cell[a] + lo, stride * cell[a] + hi]);

/** The cell of a node whose window is centred nearest to an input pixel. */
export const nearestCell = (node, field, pixel) => AXES.map((a) => {
  const { stride, lo, hi } = field.axes[a];
  return within(Math.round((pixel[a] - (lo + hi) / 2) / stride), node.shape[a]);
});

/**
 * How the paths are spread over a window.
 *
 * @param counts row-major counts over the input
 * @param shape [height, width] of the input
 * @param span the window, as from `windowOf`
 * @returns `{ total, max, pixels, centre, border }`: all paths, the most on one pixel, how many pixels
 *   are seen, and the shares (0 to 1) on the middle pixel (the middle 2 or 4 of an even window) and
 *   on the outermost ring of the window
 */
export function spreadOf(counts, shape, span) {
  const [[top, bottom], [left, right]] = span;
  let [total, max, pixels, centre, border] = [0, 0, 0, 0, 0];
  each(counts, shape, (n, y, x) => {
    total += n;
    pixels += 1;
    if (n > max) max = n;
    if (Math.abs(2 * y - top - bottom) < 2 && Math.abs(2 * x - left - right) < 2) centre += n;
    if (y === top || y === bottom || x === left || x === right) border += n;
  });
  return { total, max, pixels, centre: centre / total, border: border / total };
}

/** Sums over the columns and over the rows of a window, in lowest terms: 1 : 2 : 3 : 2 : 1. */
export function profiles(counts, shape, span) {
  const gcd = (a, b) => (b ? gcd(b, a % b) : a);
  return AXES.map((axis) => {
    const [first, last] = span[axis];
    const sums = new Array(last - first + 1).fill(0);
    each(counts, shape, (n, ...at) => { sums[at[axis] - first] += n; });
    const unit = sums.reduce(gcd, 0) || 1;
    return sums.map((n) => n / unit);
  });
}

/** Side of the smallest square around a window's middle that holds `share` of the paths, in pixels. */
export function concentration(counts, shape, [[top, bottom], [left, right]], share) {
  const rings = new Float64Array(2 * (shape[0] + shape[1] + bottom - top + right - left));
  let total = 0;
  each(counts, shape, (n, y, x) => {
    rings[Math.max(Math.abs(2 * y - top - bottom), Math.abs(2 * x - left - right)) + 1] += n;
    total += n;
  });
  let sum = 0;
  return rings.findIndex((n) => (sum += n) >= share * total);
}

/**
 * Weights of a chain for one channel in and one out, and its multiply-adds for one cell of its output
 * (equal where no layer has a stride).
 */
export function price(nodes) {
  const seen = fields(nodes);
  const last = seen.get(nodes.at(-1).name).stride;
  let [weights, macs] = [0, 0];
  for (const { name, op, kernel } of nodes) {
    if (op !== "conv") continue;
    const { stride } = seen.get(name);
    weights += kernel[0] * kernel[1];
    macs += kernel[0] * kernel[1] * (last[0] / stride[0]) * (last[1] / stride[1]);
  }
  return { weights, macs };
}
