/**
 * From the reader's state to what is to be drawn and said about one stack. No DOM.
 */

import {
  AXES, branchRoots, chain, concentration, fieldOf, fields, fromRows, index, isChain, middle, nearestCell, pathCounts,
  price, profiles, spreadOf, windowOf, within,
} from "../_windows/paths.js";
import { cone } from "../_windows/cone.js";

/** The nodes of a stack: the reader's own layers, a named chain, or a graph that Python traced. */
export function nodesOf({ stacks, layers, grid }, id) {
  const known = id === "yours" ? { layers } : stacks[id];
  return known.rows ? fromRows(known.rows) : chain(known.layers, grid);
}

/** The roots of `name` that are on; all of them where the reader's choice would leave none. */
export function activeRoots(nodes, name, off) {
  const roots = branchRoots(nodes, name);
  const on = roots.filter((root) => !off.includes(root));
  return on.length ? on : roots;
}

/** The window of several branches together. */
export const hullOf = (seen, roots) => fieldOf(AXES.map((a) => ({
  stride: seen.get(roots[0]).axes[a].stride,
  lo: Math.min(...roots.map((root) => seen.get(root).axes[a].lo)),
  hi: Math.max(...roots.map((root) => seen.get(root).axes[a].hi)),
})));

/**
 * Everything about one stack at one cell.
 *
 * @param nodes the graph
 * @param cell [row, column] in its last grid, or [] for the middle
 * @param off roots of branches that are switched off
 */
export function scene(nodes, cell, off) {
  const last = nodes.at(-1);
  const roots = activeRoots(nodes, last.name, off);
  const field = hullOf(fields(nodes), roots);
  const at = cell.length ? cell.map((c, a) => within(c, last.shape[a])) : middle(last);
  const hidden = branchRoots(nodes, last.name).filter((root) => !roots.includes(root));
  const picture = cone(nodes, last.name, at, hidden);
  const span = windowOf(field, at);
  const { shape } = nodes[0];
  return {
    ...picture, field, span, shape, cell: at, last, off: hidden,
    facts: spreadOf(picture.counts, shape, span),
    profiles: profiles(picture.counts, shape, span),
    price: isChain(nodes) ? price(nodes) : null,
  };
}

/** The input pixel in the middle of what a cell sees, and back: keeps two stacks on one spot. */
export const pixelOf = (field, cell) => windowOf(field, cell).map(([first, last]) => (first + last) / 2);
export const cellAt = (nodes, pixel, off = []) => {
  const last = nodes.at(-1);
  return nearestCell(last, hullOf(fields(nodes), activeRoots(nodes, last.name, off)), pixel);
};

/** The blocks of a network: `{ name, node, field }`. */
export function blocksOf({ rows, blocks }) {
  const nodes = fromRows(rows);
  const seen = fields(nodes);
  const byName = index(nodes);
  return { nodes, list: blocks.map(([name, node]) => ({ name, node: byName.get(node), field: seen.get(node) })) };
}

/** Everything about one cell of a block: where it looks and where its paths end. */
export function blockScene(nodes, { node, field }, cell) {
  const { shape } = nodes[0];
  const span = windowOf(field, cell);
  const counts = pathCounts(nodes, node.name, cell).get(nodes[0].name);
  const inside = span.map(([first, last], a) => within(last, shape[a]) - within(first, shape[a]) + 1);
  return {
    span, counts, spread: spreadOf(counts, shape, span),
    halves: [0.5, 0.9].map((share) => concentration(counts, shape, span, share)),
    beyond: 1 - (inside[0] * inside[1]) / (field.size[0] * field.size[1]),
  };
}

/** The scenes of the stack and of the one beside it, both on one spot of the photograph. */
export function scenesOf(state) {
  const scenes = [state.stack, state.compare].filter(Boolean).map((id) => ({ id, nodes: nodesOf(state, id) }));
  scenes.forEach((s, i) => {
    const cell = i ? cellAt(s.nodes, pixelOf(scenes[0].now.field, scenes[0].now.cell), state.off) : state.cell;
    s.now = scene(s.nodes, cell, state.off);
  });
  return scenes;
}

/** Every number that the page shows, by the name of its <output>. */
export function readouts(state) {
  const known = state.stacks[state.stack];
  if (known?.blocks) {
    const { nodes, list } = blocksOf(known);
    const block = list.find(({ name }) => name === state.block) ?? list[0];
    const cell = state.cell.length ? state.cell.map((c, a) => within(c, block.node.shape[a])) : middle(block.node);
    const { beyond, halves: [half, most] } = blockScene(nodes, block, cell);
    const { size, stride, padding } = block.field;
    return { size: size[0], stride: stride[0], padding: padding[0], cells: block.node.shape[0], beyond, half, most };
  }
  const found = {};
  scenesOf(state).forEach(({ now: { field, facts, price: paid } }, i) => {
    const numbers = {
      size: field.size[0], pixels: facts.pixels, stride: field.stride[0], padding: field.padding[0],
      "centre-share": facts.centre, "border-share": facts.border, ...paid,
    };
    for (const [name, value] of Object.entries(numbers)) found[(i ? "compare-" : "") + name] = value;
  });
  return found;
}
