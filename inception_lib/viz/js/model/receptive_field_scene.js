/**
 * From the reader's state to what is to be drawn and said about one stack. No DOM.
 */

import {
  AXES, branchRoots, chain, fieldOf, fields, fromRows, isChain, middle, nearestCell, price, profiles, spreadOf, windowOf, within,
} from "./receptive_field.js";
import { cone } from "./receptive_field_cone.js";

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
