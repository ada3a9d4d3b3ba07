/** What stands in the picture of the two lanes: solids, lines, shadows, labels; from the state and the colours. */

import { curve } from "../tensor_scene/model.js";
import { bodies, boxes, grids, joints, tensorOf, windows, within } from "./model.js";
import { LANE } from "./words.js";

const USUAL = 299;

export function compose(state, colours) {
  const { stations, size, step, picture } = state;
  const { sides, left } = grids(stations, size);
  const lit = within(stations, step);
  const picked = tensorOf(state);
  const all = bodies(stations, size);
  // What one has walked past is out of sight, unless a picked cell is to be followed down to the image.
  const here = Math.min(...all.filter(({ i }) => lit.has(i)).map(({ at }) => at[0]));
  const shown = picked >= 0 ? all : all.filter(({ i, at }) => lit.has(i) || at[0] > here);
  const seen = windows(state, sides);
  const ghost = (i) => (picked >= 0 ? (seen.has(i) ? 0 : 0.82) : lit.has(i) ? 0 : 0.72);
  // By whom a border is left over, and how many cells of it.
  const over = new Map();
  stations.forEach(({ parent, lane }, i) => {
    if (!left[i]) return;
    over.set(parent, left[i]);
    if (lane === "both" && stations[parent].lane === "release") over.set(lastOf(stations, "paper"), left[i]);
  });

  const solids = shown.flatMap(({ i, at, size: [depth, side] }) => {
    const { parts = [], kind, channels, lane, box } = stations[i];
    const stack = parts.length ? parts : [[channels, kind]];
    const tile = i && size === USUAL && lane !== "paper" ? (picture.faces.tiles[box]?.slice(0, 4) ?? null) : null;
    let start = at[0] - depth / 2;
    const body = stack.map(([n, sort], k) => {
      const deep = (depth * n) / channels;
      start += deep;
      return {
        i, at: [start - deep / 2, at[1], at[2]], size: [deep, side, side], ghost: ghost(i), photo: i === 0,
        rgb: sort === "ink" ? colours.muted : colours[sort], tile: k ? null : i ? tile : [0, 0, 1, 1],
        cells: [sides[i], sides[i]], window: k ? null : (seen.get(i) ?? null), picked: i === picked,
      };
    });
    if (!over.has(i)) return body;
    // To scale a single row would be too thin to be seen on the larger grids.
    const thick = Math.max(over.get(i), 0.022 * side);
    const x = at[0] - depth / 2 - 0.9;
    const strip = (y, z, high, wide) => ({
      i, at: [x, y, z], size: [1.8, high, wide], rgb: colours.wrong, ghost: Math.min(ghost(i), 0.35), tile: null, photo: false,
      cells: [1, 1], window: null, picked: false,
    });
    return [
      ...body, strip(thick / 2, at[2], thick, side),
      strip((side + thick) / 2, at[2] + (side - thick) / 2, side - thick, thick),
    ];
  });

  const of = new Map(shown.map((body) => [body.i, body]));
  const wires = joints(stations).filter(([from, to]) => of.has(from) && of.has(to)).map(([from, to]) => {
    const [a, b] = [of.get(from), of.get(to)];
    const strong = picked >= 0 && seen.has(from) && seen.has(to);
    const near = strong || (picked < 0 && lit.has(from) && lit.has(to));
    return {
      points: curve([a.at[0] + a.size[0] / 2 + 3, a.at[1], a.at[2]], [b.at[0] - b.size[0] / 2, b.at[1], b.at[2]]),
      width: strong ? 2 : 1.3, rgba: [...(strong ? colours.accent : colours.muted), near ? 0.85 : 0.25],
    };
  });

  const floor = shown.map(({ i, at, size: [depth, side] }) => ({
    rect: [at[0], at[2], depth / 2, side / 2], reach: 3 + 0.28 * side, strength: (colours.dark ? 0.5 : 0.2) * (1 - 0.8 * ghost(i)),
  }));

  // A run of modules has one name, at its middle, with the grid that it hands on; a picked one has its own as well.
  const run = (i) => shown.filter((other) => stations[other.i].step === stations[i].step && stations[other.i].lane === stations[i].lane);
  const named = shown.filter(({ i }) => {
    const others = run(i);
    return i === picked || over.has(i) || others[others.length >> 1].i === i;
  });
  const labels = named.map(({ i, at, size: [, side] }) => {
    const { does, step: row } = stations[i];
    const others = run(i);
    const whole = i !== picked && others.length > 1 && others[others.length >> 1].i === i;
    const { channels } = stations[whole ? others.at(-1).i : i];
    const words = step === "whole" && i ? row : does;
    return {
      key: `${i} ${sides[i]} ${over.has(i)} ${step === "whole"} ${whole}`, at: [at[0], 0, at[2] + side / 2 + 4], lit: Number(ghost(i) === 0),
      does: whole && step !== "whole" ? `${others.length} × ${words}` : words,
      dims: `${sides[i]}×${sides[i]}×${channels}`, over: over.get(i) ?? 0,
    };
  });
  for (const lane of ["paper", "release"]) {
    const first = shown.find(({ i }) => stations[i].lane === lane);
    if (first) labels.push({
      key: `${lane} ${first.i}`, at: [first.at[0], first.size[1] + 13, first.at[2]], lit: 2, lane: LANE[lane],
    });
  }
  return {
    shown, solids, lines: wires, floor, labels, picked, boxes: boxes(stations, sides), lit: shown.filter(({ i }) => ghost(i) === 0),
    sides,
  };
}

const lastOf = (stations, lane) => stations.findLastIndex((s) => s.lane === lane);
