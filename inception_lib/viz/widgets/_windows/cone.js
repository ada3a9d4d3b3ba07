/**
 * The cone of influence as planes and frusta, in units of input pixels. No DOM.
 *
 * Every tensor with a window of its own becomes a plane; 1×1 convolutions and concatenations look
 * at one cell and get none. Level 0 is the output, the last level the input. A cell of a tensor is
 * drawn as large as its stride, centred on the pixels that it sees, so that all planes share one axis.
 */

import {
  AXES, branchRoots, each, fields, hasWindow, index, pathCounts, pathsFrom, reach, surface,
} from "./paths.js";

/** Where the cells first … last of a tensor lie over the input: [from, to] on each axis, in pixels. */
export const place = (field, rect) => rect.map(([first, last], a) => {
  const { stride, lo, hi } = field.axes[a];
  const origin = (lo + hi + 1 - stride) / 2;
  return [stride * first + origin, stride * (last + 1) + origin];
});

/** "1x1", "kxk", "factorized" or "pool": which of the book's colours a branch wears. */
export function kindOf(windows) {
  if (!windows.length) return "1x1";
  if (windows.some(({ op }) => op.endsWith("_pool"))) return "pool";
  const [{ kernel }] = windows;
  return windows.length === 1 && kernel[0] === kernel[1] ? "kxk" : "factorized";
}

/** A layer in print: 3×3, 1×7, 3×3/2, pool 3×3. */
export const layerLabel = ({ op, kernel, stride }) =>
  (op.endsWith("_pool") ? "pool " : "") + kernel.join("×") + (stride[0] > 1 ? `/${stride[0]}` : "");

/**
 * The branches that meet under `name`, in the order of the concatenation: `{ root, kind, label, windows }`.
 * What all of them stand on (a stem, say) is in `windows` but neither in the kind nor in the label.
 */
export function branches(nodes, name) {
  const sets = branchRoots(nodes, name).map((root) => [root, below(nodes, root)]);
  const shared = (node) => sets.length > 1 && sets.every(([, seen]) => seen.has(node.name));
  return sets.map(([root, seen]) => {
    const windows = nodes.filter((node) => seen.has(node.name) && hasWindow(node));
    const own = windows.filter((node) => !shared(node));
    // Siblings over one tensor stand side by side, as the 1×3 and the 3×1 of Figure 7 do.
    const steps = new Map();
    for (const node of own) {
      const key = node.parents.join();
      steps.set(key, [...(steps.get(key) ?? []), layerLabel(node)]);
    }
    const label = [...steps.values()].map((side) => side.join(" | ")).join(" · ");
    return { root, kind: kindOf(own), label: label || "1×1", windows };
  });
}

/** Names of a node and of all that it is computed from. */
function below(nodes, name) {
  const seen = new Set([name]);
  for (const node of nodes.toReversed()) if (seen.has(node.name)) node.parents.forEach((p) => seen.add(p));
  return seen;
}

/** How far under the output each tensor's plane lies: Map of name to level. */
export function levels(nodes, name) {
  const level = new Map([[name, 0]]);
  for (const node of nodes.toReversed()) {
    if (!level.has(node.name)) continue;
    const next = level.get(node.name) + (hasWindow(node) ? 1 : 0);
    for (const parent of node.parents) level.set(parent, Math.max(next, level.get(parent) ?? 0));
  }
  const input = nodes[0].name;
  level.set(input, Math.max(1, level.get(input)));
  return level;
}

/**
 * Everything that one cell of `name` looks at.
 *
 * @param nodes the graph, as in receptive_field.js
 * @param name the tensor that the cell belongs to
 * @param cell [row, column]
 * @param off roots of branches that are switched off
 * @returns `{ planes, frusta, branches, counts, levels }`: planes from the input up, each with its
 *   cells and the paths through them by branch; frusta with an upper and a lower rectangle;
 *   `counts` over the input, all branches together
 */
export function cone(nodes, name, cell, off = []) {
  const seen = fields(nodes);
  const level = levels(nodes, name);
  const byName = index(nodes);
  const [input] = nodes;
  const all = branches(nodes, name);
  const active = all.filter(({ root }) => !off.includes(root));
  const planes = new Map();
  const frusta = [];
  const counts = new Float64Array(input.shape[0] * input.shape[1]);

  /** The plane of a tensor; tensors of one level and one geometry share theirs. */
  const planeOf = (node) => {
    const at = level.get(node.name);
    const box = place(seen.get(node.name), node.shape.map((n) => [0, n - 1]));
    const key = `${at} ${box} ${node.shape}`;
    if (!planes.has(key)) {
      planes.set(key, { level: at, box, shape: node.shape, cells: new Map(), marks: [], labels: new Set() });
    }
    return planes.get(key);
  };

  planeOf(input);
  planeOf(byName.get(name)).cell = cell;
  for (const branch of active) {
    const paths = pathCounts(nodes, branch.root, cell);
    paths.get(input.name)?.forEach((n, i) => { counts[i] += n; });
    const rects = new Map([[branch.root, [cell.map((c) => [c, c])]]]);
    const drawn = new Set();
    const frustum = (node, rect, under, lower) => {
      const base = surface(byName, under);
      drawn.add(base);
      const [from, to] = [level.get(node.name), level.get(base.name)];
      if (from === to) return;
      frusta.push({
        kind: branch.kind, from, to,
        upper: place(seen.get(node.name), rect), lower: place(seen.get(base.name), lower),
      });
    };
    frustum(byName.get(branch.root), rects.get(branch.root)[0], branch.root, rects.get(branch.root)[0]);
    for (const node of nodes.toReversed()) {
      for (const rect of unique(rects.get(node.name))) {
        for (const parent of node.parents) {
          const lower = AXES.map((a) => reach(node, a, rect[a]));
          rects.set(parent, [...(rects.get(parent) ?? []), lower]);
          if (hasWindow(node)) frustum(node, rect, parent, lower);
        }
      }
    }
    for (const node of drawn) {
      const plane = planeOf(node);
      if (!plane.level) continue;
      plane.cells.set(branch.root, { kind: branch.kind, counts: paths.get(node.name) });
      for (const rect of unique(rects.get(node.name))) {
        plane.marks.push({ kind: branch.kind, box: place(seen.get(node.name), rect) });
      }
    }
    for (const node of branch.windows) planeOf(node).labels.add(layerLabel(node));
  }
  return {
    planes: [...planes.values()].sort((a, b) => b.level - a.level),
    frusta, branches: all, counts, levels: level.get(input.name),
  };
}

/**
 * The cone of a pixel: every cell of a chain that it reaches, plane by plane, in the form of `cone`.
 *
 * @param nodes a chain
 * @param pixel [row, column] of the input
 */
export function coneFrom(nodes, pixel) {
  const name = nodes.at(-1).name;
  const [seen, level, paths] = [fields(nodes), levels(nodes, name), pathsFrom(nodes, pixel)];
  const [branch] = branches(nodes, name);
  const reached = new Map(nodes.map((node) => [node.name, hull(paths.get(node.name), node.shape)]));
  const planes = nodes.map((node) => {
    const box = place(seen.get(node.name), node.shape.map((n) => [0, n - 1]));
    const plane = { level: level.get(node.name), box, shape: node.shape, cells: new Map(), marks: [], labels: new Set() };
    if (!node.parents.length) return { ...plane, cell: pixel };
    plane.cells.set(name, { kind: branch.kind, counts: paths.get(node.name) });
    plane.marks.push({ kind: branch.kind, box: place(seen.get(node.name), reached.get(node.name)) });
    plane.labels.add(layerLabel(node));
    return plane;
  });
  const frusta = nodes.slice(1).map((node) => ({
    kind: branch.kind, from: level.get(node.name), to: level.get(node.parents[0]),
    upper: place(seen.get(node.name), reached.get(node.name)),
    lower: place(seen.get(node.parents[0]), reached.get(node.parents[0])),
  }));
  return { planes, frusta, branches: [branch], counts: paths.get(name), levels: level.get(nodes[0].name) };
}

/** First and last row and column of what is counted. */
function hull(counts, shape) {
  const found = AXES.map(() => [Infinity, -Infinity]);
  each(counts, shape, (n, ...at) => at.forEach((v, a) => {
    found[a] = [Math.min(found[a][0], v), Math.max(found[a][1], v)];
  }));
  return found;
}

const unique = (rects = []) => [...new Map(rects.map((rect) => [String(rect), rect])).values()];
