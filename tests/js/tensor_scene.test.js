// The scene as numbers: windows are Python's, the camera has everything in the picture, a pointer
// finds what is drawn under it, lines begin and end at their boxes.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

const here = (path) => new URL(path, import.meta.url);
const json = (path) => JSON.parse(readFileSync(here(path), "utf8"));
const folder = "../../inception_lib/viz/widgets/tensor_scene/";
const model = await import(here(`${folder}model.js`));
const words = await import(here(`${folder}words.js`));
const { common } = json("../fixtures/widgets/tensor-scene.json");
const state = { ...common, step: "whole", tensor: "", row: -1, column: -1, camera: [], unfold: false };
const size = [880, 400];

test("windows are Python's, on every tensor and both ways", () => {
  const cases = json("../fixtures/tensor_scene_windows.json");
  assert.ok(cases.length >= 5);
  for (const { tensor, cell, ...theirs } of cases) {
    for (const way of ["seen", "reached"]) {
      const ours = [...model[way](state.scene, tensor, cell)].map(([i, w]) => [i, ...w]).sort((a, b) => a[0] - b[0]);
      assert.deepEqual(ours, theirs[way].sort((a, b) => a[0] - b[0]), `${way} ${tensor}`);
    }
  }
});

test("every step has its boxes in the picture, and fills it, on a wide page and on a phone", () => {
  for (const page of [size, [1280, 720], [343, 320]]) {
    for (const { id, first, last } of state.steps) {
      const view = model.axes(model.cameraOf({ ...state, step: id }, page));
      const points = model.bodies(state).filter(({ i }) => i >= first && i <= last).flatMap(({ at, size: s }) =>
        [0, 1, 2, 3, 4, 5, 6, 7].map((n) => model.project(view, at.map((x, k) => x + ((n >> k) & 1 ? 0.5 : -0.5) * s[k]), page)));
      const [xs, ys, zs] = [0, 1, 2].map((k) => points.map((p) => p[k]));
      assert.ok(Math.min(...zs) > 2, id);
      assert.ok(Math.min(...xs) >= 0 && Math.max(...xs) <= page[0], `${id} across ${page}`);
      assert.ok(Math.min(...ys) >= 0 && Math.max(...ys) <= page[1], `${id} down ${page}`);
      const fills = Math.max((Math.max(...xs) - Math.min(...xs)) / page[0], (Math.max(...ys) - Math.min(...ys)) / page[1]);
      assert.ok(fills > 0.75, `${id} fills ${fills} of ${page}`);
    }
  }
});

test("a pointer on a face finds its cell, whatever stands behind", () => {
  const shown = model.bodies(state);
  const view = model.axes(model.cameraOf(state, size));
  let found = 0;
  for (const name of ["input", "Conv2d_1a_3x3", "maxpool2", "Mixed_5b.branch_pool", "Mixed_6a.pool"]) {
    const i = model.boxNamed(state, name);
    const { at, size: [depth, height, width] } = shown.find((body) => body.i === i);
    const [, rows, columns] = state.scene.boxes[i].shape;
    for (const [row, column] of [[0, 0], [rows - 1, 0], [rows >> 1, 1]]) {
      const point = [at[0] - depth / 2, at[1] + height * (0.5 - (row + 0.5) / rows), at[2] + width * ((column + 0.5) / columns - 0.5)];
      const hit = model.hit(state.scene.boxes, shown, view, model.project(view, point, size), size);
      if (hit.i !== i) continue; // something nearer hides it
      assert.deepEqual(hit.cell, [row, column], name);
      found++;
    }
  }
  assert.ok(found >= 9, `${found} of 15 cells are in sight`);
  assert.equal(model.hit(state.scene.boxes, shown, view, [size[0] - 2, size[1] - 2], size), null);
});

test("lines lead from box to box, one along the aisle for each new row", () => {
  const lines = model.lines(state);
  const boxes = new Map(model.bodies(state).map((body) => [body.i, body]));
  const near = (a, b) => Math.hypot(...a.map((x, k) => x - b[k])) < 0.05;
  const reads = state.scene.boxes.flatMap((box, i) => (box.parents ?? []).map((p) => `${p} ${i}`));
  for (const { from, to, points } of lines) {
    assert.ok(reads.includes(`${from} ${to}`));
    assert.ok(points.every((p) => p.every(Number.isFinite)));
    const start = boxes.get(from);
    if (start.row === boxes.get(to).row) {
      assert.ok(near(points[0], [start.at[0] + start.size[0] / 2, start.at[1], start.at[2]]), `${from} to ${to}`);
    }
  }
  for (const edge of new Set(reads)) {
    const [from, to] = edge.split(" ").map(Number);
    assert.ok(lines.some((line) => line.from === from && line.to === to), edge);
  }
});

test("a camera survives the state and stays above the floor", () => {
  const camera = model.cameraOf(state, size);
  const back = model.unpacked(model.packed(camera));
  for (const key of ["yaw", "pitch", "distance"]) assert.ok(Math.abs(back[key] - camera[key]) < 0.01);
  const low = model.bounded({ ...camera, yaw: 500, pitch: -40, distance: 1e9 });
  assert.ok(low.pitch > 0 && low.distance <= 20000 && Math.abs(low.yaw) <= 180);
  const half = model.between(camera, { ...camera, yaw: camera.yaw + 20 }, 0.5);
  assert.ok(Math.abs(half.yaw - camera.yaw - 10) < 1e-9);
});

test("the flat drawing paints what is nearer later", async () => {
  const { inOrder } = await import(here(`${folder}flat.js`));
  const view = { eye: [-50, 40, 100] };
  const item = (at, size) => ({ solid: { at, size }, across: [0, 1], down: [0, 1] });
  const behind = item([0, 5, -20], [10, 10, 10]);
  const before = item([0, 5, 20], [10, 10, 10]);
  const left = item([-20, 5, 0], [10, 10, 10]);
  const order = inOrder([before, left, behind], view);
  assert.ok(order.indexOf(behind) < order.indexOf(before));
  assert.ok(order.indexOf(behind) < order.indexOf(left));
});

test("the walk says two sentences, with numbers that come from the layout", () => {
  const facts = model.readouts({ ...state, step: "stem" });
  for (const step of state.steps) {
    const text = words.stepText(step, { ...facts, ...model.readouts({ ...state, step: step.id }) }, false);
    assert.equal(text.match(/[.](\s|$)/g).length, 2, text);
    assert.ok(!/undefined|NaN/.test(text));
    assert.ok(words.stepText(step, facts, true).length > 20);
  }
  assert.equal(model.isTheBooks(state), true);
  assert.equal(model.isTheBooks({ ...state, scene: { ...state.scene, boxes: state.scene.boxes.with(0, { ...state.scene.boxes[0], shape: [3, 331, 331] }) } }), false);
});
