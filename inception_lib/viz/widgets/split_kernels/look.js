/** What stands in the picture of the module: solids, lines, shadows, labels; from the state and the colours. */

import { curve, dims } from "../tensor_scene/model.js";
import { bodies, nearest, plates, rays } from "./model.js";
import { TEXT } from "./words.js";

const mix = (a, b, t) => a.map((x, k) => x + (b[k] - x) * t);

export function compose({ tensors, stop }, colours) {
  const all = bodies(tensors, stop);
  const shown = all.filter(({ size }) => size[0] > 0.05);
  const kernels = plates(tensors, all);
  const there = new Set(kernels.map(({ i }) => i));
  const tint = (kind) => (kind === "ink" ? colours.muted : colours[kind]);
  const colour = ({ kinds: [a, b], t }) => mix(tint(a), tint(b), t);

  const solids = shown.flatMap((body) => {
    const { i, at, size: [depth, rows, columns] } = body;
    const { parts, channels } = tensors[i];
    let start = at[0] - depth / 2;
    return (parts.length ? parts : [[channels, null]]).map(([n], k) => {
      const deep = (depth * n) / channels;
      start += deep;
      const rgb = parts.length ? colour(all[tensors[i].parents[k]]) : colour(body);
      return {
        i, at: [start - deep / 2, at[1], at[2]], size: [deep, rows, columns], rgb, ghost: 0, tile: null, photo: false,
        cells: [columns, rows], window: k ? null : body.window, picked: false,
      };
    });
  }).concat(kernels.map((plate) => ({
    ...plate, rgb: mix(colour(all[plate.i]), colours.ink, 0.15), ghost: 0, tile: null, photo: false,
    cells: [plate.size[2], plate.size[1]], window: null, picked: false,
  })));

  const wires = shown.flatMap(({ i }) => tensors[i].parents.filter(() => !there.has(i)).map((p) => {
    const [a, b] = [all[p], all[i]];
    return {
      points: curve([a.at[0] + a.size[0] / 2, a.at[1], a.at[2]], [b.at[0] - b.size[0] / 2, b.at[1], b.at[2]]),
      width: 1.2, rgba: [...colours.muted, 0.6],
    };
  }));
  const through = kernels.flatMap((plate) => rays(plate).map((points) =>
    ({ points, width: 1.3, rgba: [...mix(colour(all[plate.i]), colours.ink, 0.35), 0.95] })));

  const floor = shown.map(({ at, size }) => ({
    rect: [at[0], at[2], size[0] / 2, size[2] / 2], reach: 3 + 0.28 * size[1], strength: colours.dark ? 0.5 : 0.2,
  }));
  const k = nearest(stop);
  const ends = [all[0], all.at(-1)].map(({ i, at, size }) => ({
    key: `${i}`, words: i ? TEXT.output : TEXT.input, dims: dims([tensors[i].channels, size[1], size[2]]),
    // Over the output, before which other tensors stand.
    at: i ? [at[0], size[1] + 7, at[2]] : [at[0], 0, at[2] + size[2] / 2 + 2], lit: 1,
  }));
  const labels = kernels.map(({ i, at, size }) => {
    const words = tensors[i].stops[k].kernel.join("×");
    return { key: `${i} ${words}`, words, dims: "", at: [at[0], at[1] - size[1] / 2 - 1, at[2]], lit: 1 };
  }).concat(ends);
  const boxes = tensors.map(({ channels }, i) => ({ shape: [channels, all[i].size[1], all[i].size[2]] }));
  return { shown, solids, lines: [...wires, ...through], floor, labels, picked: -1, boxes, lit: shown };
}
