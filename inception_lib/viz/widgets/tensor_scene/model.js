/**
 * The scene as numbers: where boxes stand, what a cell sees, where the camera is. No DOM, no drawing.
 * The layout comes from Python (layout.py), in cells: x along the data, y up, z towards the reader.
 */

const RAD = Math.PI / 180;
const LENS = 1 / Math.tan(9 * RAD); // half of the angle of view
const NEAR = 2;

// -- what is there ---------------------------------------------------------------------------------

/** Height×width×channels. */
export const dims = ([channels, rows, columns]) => `${rows}×${columns}×${channels}`;

/** The step of the walk where the reader is. */
export const stepOf = (state) => state.steps.find(({ id }) => id === state.step) ?? state.steps[0];

export const boxNamed = ({ scene }, name) => scene.boxes.findIndex((box) => box.name === name);

/** The cell that is picked in a box, within its grid; the middle one by default. */
export function cellIn(box, row, column) {
  const [, rows, columns] = box.shape;
  return [[row, rows], [column, columns]].map(([at, side]) => (at < 0 ? Math.floor(side / 2) : Math.min(at, side - 1)));
}

/** Which cells of every tensor a picked cell sees: [first row, last row, first column, last column] by box. */
export function seen({ boxes }, picked, [row, column]) {
  const found = new Map([[picked, [row, row, column, column]]]);
  const unknown = new Set();
  for (let i = picked; i >= 0; i--) {
    const { reach = "same", parents = [] } = boxes[i];
    if (unknown.has(i) || (found.has(i) && reach === "")) {
      parents.forEach((p) => unknown.add(p));
    } else if (found.has(i)) {
      for (const p of parents) join(found, p, read(reach, boxes[p].shape, found.get(i)));
    }
  }
  unknown.forEach((i) => found.delete(i));
  return found;
}

/** Which cells of every tensor depend on a picked cell, by box. */
export function reached({ boxes }, picked, [row, column]) {
  const found = new Map([[picked, [row, row, column, column]]]);
  for (let i = picked + 1; i < boxes.length; i++) {
    const { reach = "same", parents = [], shape } = boxes[i];
    for (const p of parents) {
      if (found.has(p)) join(found, i, written(reach, boxes[p].shape, shape, found.get(p)));
    }
  }
  return found;
}

function join(found, i, window) {
  if (!window) return;
  const old = found.get(i) ?? window;
  found.set(i, window.map((x, k) => (k % 2 ? Math.max(x, old[k]) : Math.min(x, old[k]))));
}

/** What a window of a tensor reads of a parent; null if padding alone. */
function read(reach, [, rows, columns], window) {
  if (reach === "all" || (rows === 1 && columns === 1)) return [0, rows - 1, 0, columns - 1];
  if (typeof reach === "string") return window;
  return cut([0, 1].flatMap((axis) => {
    const [kernel, stride, padding, dilation] = [0, 2, 4, 6].map((k) => reach[k + axis]);
    return [
      stride * window[2 * axis] - padding,
      stride * window[2 * axis + 1] - padding + dilation * (kernel - 1),
    ];
  }), [rows, columns]);
}

/** Which cells of a tensor a window of its parent goes into; null if none. */
function written(reach, [, height, width], [, rows, columns], window) {
  if (reach === "") return null;
  if (reach === "all" || (height === 1 && width === 1)) return [0, rows - 1, 0, columns - 1];
  if (typeof reach === "string") return window;
  return cut([0, 1].flatMap((axis) => {
    const [kernel, stride, padding, dilation] = [0, 2, 4, 6].map((k) => reach[k + axis]);
    return [
      Math.ceil((window[2 * axis] + padding - dilation * (kernel - 1)) / stride),
      Math.floor((window[2 * axis + 1] + padding) / stride),
    ];
  }), [rows, columns]);
}

function cut([top, bottom, left, right], [rows, columns]) {
  const window = [Math.max(top, 0), Math.min(bottom, rows - 1), Math.max(left, 0), Math.min(right, columns - 1)];
  return window[0] > window[1] || window[2] > window[3] ? null : window;
}

/** Every number that the page shows, by the name of its <output>. */
export function readouts(state) {
  const { boxes, blocks } = state.scene;
  const trunk = blocks.filter((b) => !b.side).flatMap((b) => boxes.slice(b.first, b.last + 1));
  const sum = (list, key) => list.reduce((total, box) => total + (box[key] ?? 0), 0);
  const macs = sum(trunk, "macs");
  const found = { macs, params: sum(trunk, "params"), tensors: trunk.length };
  const step = stepOf(state);
  if (step.id !== "whole") {
    const shown = boxes.slice(step.first, step.last + 1);
    const cost = sum(shown, "macs");
    Object.assign(found, {
      "step-macs": cost, "step-share": macs ? cost / macs : 0, "step-params": sum(shown, "params"),
    });
  }
  if (state.colour !== "operation") found["scale-top"] = greatest(state);
  const i = boxNamed(state, state.tensor);
  if (i >= 0) {
    const box = boxes[i];
    const cell = cellIn(box, state.row, state.column);
    Object.assign(found, {
      "tensor-shape": dims(box.shape), "tensor-params": box.params ?? 0, "tensor-macs": box.macs ?? 0,
      "tensor-share": macs ? (box.macs ?? 0) / macs : 0, "tensor-cell": cell.join(", "),
    });
    if (box.field) found["tensor-window"] = `${box.field[0]}×${box.field[1]}`;
    const image = seen(state.scene, i, cell).get(0);
    if (image) found["tensor-seen"] = `${image[1] - image[0] + 1}×${image[3] - image[2] + 1}`;
  }
  return found;
}

/** Whether it is the released Inception-v3 at 299×299, of which the walk's sentences are true. */
export const isTheBooks = (state) =>
  state.steps.some(({ id }) => id === "stem") && state.scene.boxes[0].shape[1] === 299 && readouts(state).macs === 5713216096;

/** The number by which a box is coloured, or null. */
export function valueOf(state, i, colour = state.colour) {
  const box = state.scene.boxes[i];
  if (colour === "values") return state.values[box.name] ?? null;
  if (colour === "zeros") return state.photos[state.photo]?.faces?.tiles?.[box.name]?.[6] ?? null;
  return colour === "operation" ? null : (box[colour] ?? 0);
}

/** The greatest of the numbers by which boxes are coloured, 0 where none is known. */
export const greatest = (state) => Math.max(0, ...state.scene.boxes.map((_, i) => valueOf(state, i) ?? 0));

// -- where it stands -------------------------------------------------------------------------------

/** Blocks that are shown, each with its origin; folded ones are left out. */
export function standing({ scene, unfold }) {
  return scene.blocks
    .map((block, index) => ({ block, index, origin: unfold ? block.open : block.at, row: block.row[unfold ? 1 : 0] }))
    .filter(({ origin }) => origin.length);
}

/** Boxes that are shown: { i, block, at, size }, in world coordinates. */
export function bodies(state) {
  return standing(state).flatMap(({ block, index, origin, row }) => {
    const found = [];
    for (let i = block.first; i <= block.last; i++) {
      const { at: [x, y, z], size } = state.scene.boxes[i];
      found.push({ i, block: index, row, at: [origin[0] + x, y, origin[1] + z], size });
    }
    return found;
  });
}

/** The lines between boxes: { from, to, points }. A line to the next row goes back along its aisle. */
export function lines(state, shown = bodies(state)) {
  const of = new Map(shown.map((body) => [body.i, body]));
  const { boxes } = state.scene;
  // Where a block is folded away, the one that stands for it goes on.
  const ends = new Map();
  let stand = null;
  for (const block of state.scene.blocks) {
    if (of.has(block.last)) stand = block.last;
    else ends.set(block.last, stand);
  }
  const carried = new Map(); // row → the place in front of its first block that the line from the row before leads to
  return shown.flatMap((to) => (boxes[to.i].parents ?? []).flatMap((p, n) => {
    const from = of.get(p) ?? of.get(ends.get(p));
    if (!from || from === to) return [];
    let a = [from.at[0] + from.size[0] / 2, from.at[1], from.at[2]];
    const b = [to.at[0] - to.size[0] / 2, to.at[1], to.at[2]];
    const lane = boxes[to.i].lanes?.[n];
    const z = lane === undefined || lane === null ? null : lane + to.at[2] - boxes[to.i].at[2];
    const found = [];
    if (from.row !== to.row && !state.scene.blocks[to.block].side) {
      const key = `${from.i} ${to.row}`;
      if (!carried.has(key)) {
        const block = shown.filter((other) => other.block === to.block);
        const middle = (Math.min(...block.map(({ at }) => at[2])) + Math.max(...block.map(({ at }) => at[2]))) / 2;
        const back = Math.min(...block.map(({ at, size }) => at[2] - size[2] / 2)) - 14;
        const gate = [b[0] - 26, b[1], middle];
        const [right, left] = [a[0] + 14, gate[0] - 12];
        found.push({
          from: from.i, to: to.i,
          points: rounded([a, [right, a[1], a[2]], [right, 0.5, a[2]], [right, 0.5, back], [left, 0.5, back],
            [left, 0.5, middle], [left, gate[1], middle], gate]),
        });
        carried.set(key, gate);
      }
      a = carried.get(key);
    }
    if (z === null) found.push({ from: from.i, to: to.i, points: curve(a, b) });
    else {
      const reach = Math.min(20, (b[0] - a[0]) / 4);
      found.push({
        from: from.i, to: to.i,
        points: [...curve(a, [a[0] + 2 * reach, b[1], z]), ...curve([b[0] - 2 * reach, b[1], z], b)],
      });
    }
    return found;
  }));
}

/** From one point to another, leaving and arriving along x. */
export function curve(a, b) {
  const straight = Math.abs(a[1] - b[1]) + Math.abs(a[2] - b[2]) < 0.5;
  const steps = straight ? 1 : 9;
  const bend = (b[0] - a[0]) / 2;
  return Array.from({ length: steps + 1 }, (_, k) => {
    const t = k / steps;
    const ease = t * t * (3 - 2 * t);
    return [a[0] + 2 * bend * t, a[1] + (b[1] - a[1]) * ease, a[2] + (b[2] - a[2]) * ease];
  });
}

/** A line of straight parts with its corners cut. */
function rounded(points) {
  const mix = (p, q, t) => p.map((x, k) => x + (q[k] - x) * t);
  const long = (p, q) => Math.hypot(...p.map((x, k) => x - q[k]));
  return points.flatMap((p, k) => {
    if (!k || k === points.length - 1) return [p];
    const [before, after] = [points[k - 1], points[k + 1]];
    const cut = (q) => Math.min(0.5, 6 / Math.max(long(p, q), 1));
    return [mix(p, before, cut(before)), mix(p, mix(before, after, 0.5), 0.02), mix(p, after, cut(after))];
  });
}

// -- the camera ------------------------------------------------------------------------------------

/** A camera { yaw, pitch, distance, target } as the list that the state holds, and back. */
export const packed = ({ yaw, pitch, distance, target }) =>
  [yaw, pitch, distance, ...target].map((x) => Math.round(x * 100) / 100);
export const unpacked = ([yaw, pitch, distance, ...target]) => ({ yaw, pitch, distance, target });

/** The axes of a camera: to the right, up, and into the picture; and where it stands. */
export function axes({ yaw, pitch, distance, target }) {
  const [sy, cy, sp, cp] = [Math.sin(yaw * RAD), Math.cos(yaw * RAD), Math.sin(pitch * RAD), Math.cos(pitch * RAD)];
  const forward = [sy * cp, -sp, -cy * cp];
  return {
    right: [cy, 0, sy], up: [sy * sp, cp, -cy * sp], forward, lens: LENS,
    eye: target.map((x, k) => x - forward[k] * distance),
  };
}

const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const minus = (a, b) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];

/** A point on a page of width × height pixels: [x, y, depth]; depth is negative behind the camera. */
export function project(view, point, [width, height]) {
  const v = minus(point, view.eye);
  const depth = dot(v, view.forward);
  const scale = (LENS * height) / 2 / Math.max(depth, NEAR);
  return [width / 2 + dot(v, view.right) * scale, height / 2 - dot(v, view.up) * scale, depth];
}

/** The corners of some boxes. */
function corners(shown) {
  return shown.flatMap(({ at, size }) => [0, 1, 2, 3, 4, 5, 6, 7].map((n) =>
    at.map((x, k) => x + ((n >> k) & 1 ? 0.5 : -0.5) * size[k])));
}

/** The camera that has the step's boxes in the picture, from where the step looks. */
export function cameraOf(state, [width, height]) {
  const step = stepOf(state);
  const all = bodies(state);
  const inside = all.filter(({ i }) => i >= step.first && i <= step.last);
  const whole = step.id === "whole";
  // On a narrow page the rows run steeper, so that they fill it.
  const [yaw, pitch] = whole && width < 1.3 * height ? [52, 38] : step.look;
  return fitted(inside.length ? inside : all, { yaw, pitch }, [width, height], whole ? 0.96 : 0.8);
}

/** The nearest camera of that direction that has all of some boxes in the picture. */
export function fitted(shown, { yaw, pitch }, [width, height], part) {
  const points = corners(shown);
  let target = [0, 1, 2].map((k) => {
    const at = points.map((p) => p[k]);
    return (Math.min(...at) + Math.max(...at)) / 2;
  });
  const aspect = width / height;
  let distance = 1;
  for (let round = 0; round < 6; round++) {
    const { right, up, forward } = axes({ yaw, pitch, distance: 1, target });
    const near = points.map((p) => {
      const v = minus(p, target);
      return [dot(v, right), dot(v, up), dot(v, forward)];
    });
    distance = Math.max(...near.map(([x, y, z]) =>
      (LENS / part) * Math.max(Math.abs(x) / aspect, Math.abs(y)) - z), 30);
    const flat = near.map(([x, y, z]) => [x / (z + distance), y / (z + distance)]);
    const middle = (k) => (Math.min(...flat.map((p) => p[k])) + Math.max(...flat.map((p) => p[k]))) / 2;
    const [mx, my] = [middle(0) * distance, middle(1) * distance];
    target = target.map((x, k) => x + right[k] * mx + up[k] * my);
  }
  return { yaw, pitch, distance, target };
}

/** Between two cameras, t from 0 to 1. */
export function between(a, b, t) {
  const mix = (x, y) => x + (y - x) * t;
  return {
    yaw: mix(a.yaw, b.yaw), pitch: mix(a.pitch, b.pitch),
    distance: Math.exp(mix(Math.log(a.distance), Math.log(b.distance))),
    target: a.target.map((x, k) => mix(x, b.target[k])),
  };
}

/** A camera within its limits: never below the floor, never inside a box's cell or out of sight. */
export function bounded({ yaw, pitch, distance, target }) {
  const clamp = (x, low, high) => Math.min(high, Math.max(low, x));
  return {
    yaw: ((yaw + 540) % 360) - 180, pitch: clamp(pitch, 4, 88), distance: clamp(distance, 25, 20000), target,
  };
}

/** Moved sideways and up by pixels of the page. */
export function panned(camera, dx, dy, height) {
  const { right, up } = axes(camera);
  const scale = (2 * camera.distance) / LENS / height;
  return { ...camera, target: camera.target.map((x, k) => x - right[k] * dx * scale + up[k] * dy * scale) };
}

// -- the pointer -----------------------------------------------------------------------------------

/** The box under a point of the page: { i, cell } (cell where its face is hit), or null. */
export function hit(boxes, shown, view, [px, py], [width, height]) {
  const x = ((px / width) * 2 - 1) * (width / height) / LENS;
  const y = (1 - (py / height) * 2) / LENS;
  const ray = view.forward.map((f, k) => f + view.right[k] * x + view.up[k] * y);
  let best = null;
  for (const body of shown) {
    let [near, far, side] = [NEAR, Infinity, -1];
    for (let k = 0; k < 3 && near <= far; k++) {
      const half = body.size[k] / 2;
      const from = body.at[k] - view.eye[k];
      let [a, b] = [(from - half) / ray[k], (from + half) / ray[k]];
      if (a > b) [a, b] = [b, a];
      if (a > near) [near, side] = [a, k];
      far = Math.min(far, b);
    }
    if (near <= far && (!best || near < best.near)) best = { near, body, side };
  }
  if (!best) return null;
  const { body, near, side } = best;
  const [, rows, columns] = boxes[body.i].shape;
  const at = view.eye.map((e, k) => e + ray[k] * near);
  const within = (share, n) => Math.min(n - 1, Math.max(0, Math.floor(share * n)));
  const face = side === 0 && at[0] < body.at[0];
  return {
    i: body.i,
    cell: face
      ? [within(0.5 - (at[1] - body.at[1]) / body.size[1], rows), within(0.5 + (at[2] - body.at[2]) / body.size[2], columns)]
      : null,
  };
}
