/**
 * Two lanes as numbers: grids, multiply-adds, what is cut off, where boxes stand. No DOM, no drawing.
 * Stations come from Python (lanes.py): { name, step, lane, does, kind, channels, grid, sees, macs, parts, box, parent }.
 */

import { seen } from "../tensor_scene/model.js";

export const LANES = ["paper", "release"];
/** The rows of Table 1 and, by the names of their modules, the two reductions between them. */
export const STEPS = ["1", "2", "3", "4", "5", "6", "7", "8", "6a", "9", "7a", "10", "11", "12", "13"];
const LARGEST = 331;
const USUAL = 299;
const DEPTH = 0.85; // cells of depth for the square root of a channel

/** The stations of one lane, each with its index. */
export const chain = (stations, lane) =>
  stations.map((station, i) => ({ ...station, i })).filter((s) => s.lane === lane || s.lane === "both");

/** What a station reads in a lane: after the lanes have met again, each lane's own last tensor. */
function parentIn(stations, i, lane) {
  const list = chain(stations, lane);
  const at = list.findIndex((s) => s.i === i);
  return at > 0 ? list[at - 1].i : -1;
}

/** The side of each grid, and how many of the cells it reads no window reaches: { sides, left }, by station. */
export function grids(stations, size) {
  const sides = [];
  const left = [];
  for (const { grid, parent } of stations) {
    if (parent < 0 || !grid) {
      sides.push(parent < 0 ? size : 1);
      left.push(0);
      continue;
    }
    const [kernel, stride, padding] = grid;
    const room = sides[parent] + 2 * padding - kernel;
    sides.push(Math.floor(room / stride) + 1);
    left.push(room % stride);
  }
  return { sides, left };
}

const dims = (side, channels) => `${side}×${side}×${channels}`;

/** Multiply-adds of a station at these sides. */
const cost = ({ macs: [before, own], parent }, i, sides) =>
  before * (sides[parent] ?? 0) ** 2 + own * sides[i] ** 2;

/** The tensor's index by its name in the state, or -1. */
export const tensorOf = ({ stations, tensor }) => stations.findIndex((s) => `${s.lane} ${s.name}` === tensor);

/** The cell that is picked, within its grid. */
export const cellOf = ({ row, column }, side) =>
  [row, column].map((at) => (at < 0 ? Math.floor(side / 2) : Math.min(at, side - 1)));

/** Every number that the page shows, by the name of its <output>. */
export function readouts(state) {
  const { stations, size, step } = state;
  const { sides, left } = grids(stations, size);
  const found = {};
  for (const lane of LANES) {
    found[`macs-${lane}`] = chain(stations, lane).reduce((sum, s) => sum + cost(s, s.i, sides), 0);
  }
  const cut = chain(stations, "release").filter(({ i }) => left[i]).length;
  if (cut) found.cut = cut;
  if (step !== "whole") {
    for (const lane of LANES) {
      const list = chain(stations, lane);
      if (step === "13") {
        const last = list.at(-1);
        Object.assign(found, { [`reads-${lane}`]: dims(1, last.channels), [`row-${lane}`]: 0 });
        continue;
      }
      const there = list.filter((s) => s.step === step);
      const read = parentIn(stations, there[0].i, lane);
      found[`reads-${lane}`] = dims(sides[read], stations[read].channels);
      found[`row-${lane}`] = there.reduce((sum, s) => sum + cost(s, s.i, sides), 0);
      const over = there.reduce((sum, s) => sum + left[s.i], 0);
      if (over) found[`left-${lane}`] = over;
    }
  }
  const picked = tensorOf(state);
  if (picked >= 0) {
    const { channels, sees } = stations[picked];
    const side = sides[picked];
    const cell = cellOf(state, side);
    Object.assign(found, { "tensor-shape": dims(side, channels), cell: cell.join(", ") });
    if (sees) {
      found["cell-window"] = [0, 1].map(() => field(stations, picked)).join("×");
      const [top, bottom, first, last] = windows(state, sides).get(0);
      found["cell-seen"] = `${bottom - top + 1}×${last - first + 1}`;
    } else found["cell-seen"] = `${size}×${size}`;
  }
  return found;
}

/** The side of a cell's window on the image, whatever of it lies beyond the border. */
function field(stations, picked) {
  const way = [];
  for (let i = picked; i > 0; i = stations[i].parent) way.unshift(stations[i].sees);
  let [size, jump] = [1, 1];
  for (const [kernel, stride] of way) {
    size += (kernel - 1) * jump;
    jump *= stride;
  }
  return size;
}

/** Which cells of every tensor on its way a picked cell sees, by station. */
export function windows(state, sides) {
  const picked = tensorOf(state);
  return picked < 0 ? new Map() : seen({ boxes: boxes(state.stations, sides) }, picked, cellOf(state, sides[picked]));
}

/** The stations as the boxes of a scene. */
export const boxes = (stations, sides) => stations.map(({ channels, sees, parent }, i) => ({
  shape: [channels, sides[i], sides[i]], parents: parent < 0 ? [] : [parent],
  reach: sees ? sees.flatMap((x) => [x, x]).concat(1, 1) : "all",
}));

// -- where it stands -------------------------------------------------------------------------------

/** Boxes at a size, each in a place that is wide enough for the largest: { i, at, size }. */
export function bodies(stations, size = USUAL) {
  const { sides } = grids(stations, size);
  const most = grids(stations, LARGEST).sides;
  const columns = [];
  for (const step of ["0", ...STEPS]) {
    const lanes = ["both", ...LANES].map((lane) => stations.map((s, i) => ({ ...s, i })).filter((s) => s.step === step && s.lane === lane));
    const count = Math.max(...lanes.map((list) => list.length));
    for (let k = 0; k < count; k++) columns.push(lanes.map((list) => list[k]).filter(Boolean));
  }
  const found = [];
  let [x, before] = [0, 0];
  for (const column of columns) {
    const side = Math.max(...column.map(({ i }) => most[i]));
    const deep = Math.max(...column.map(({ channels }) => DEPTH * Math.sqrt(channels)));
    x += before ? 8 + 0.24 * (before + side) : 0;
    for (const { i, lane, channels } of column) {
      const z = lane === "both" ? 0 : (lane === "paper" ? -1 : 1) * (0.5 * side + 24);
      const depth = DEPTH * Math.sqrt(channels);
      found.push({ i, at: [x + depth / 2, sides[i] / 2, z], size: [depth, sides[i], sides[i]] });
    }
    x += deep;
    before = side;
  }
  return found.sort((a, b) => a.i - b.i);
}

/** The tensors of a step: what it makes, and what that reads. */
export function within(stations, step) {
  if (step === "whole") return new Set(stations.keys());
  if (step === "13") return new Set([stations.length - 1]);
  const found = new Set();
  stations.forEach((s, i) => {
    if (s.step !== step) return;
    found.add(i);
    for (const lane of LANES) if (s.lane === lane || s.lane === "both") found.add(parentIn(stations, i, lane));
  });
  return found;
}

/** Pairs that a line joins: [from, to]. */
export function joints(stations) {
  const found = new Set();
  for (const lane of LANES) {
    const list = chain(stations, lane);
    list.slice(1).forEach((s, k) => found.add(`${list[k].i} ${s.i}`));
  }
  return [...found].map((pair) => pair.split(" ").map(Number));
}
