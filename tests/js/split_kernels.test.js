// The split module as geometry: a kernel parts where it stands, nothing jumps, rays end in one cell.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { bodies, nearest, plates, rays } from "../../inception_lib/viz/widgets/split_kernels/model.js";
import { PRESETS, STOPS, TEXT } from "../../inception_lib/viz/widgets/split_kernels/words.js";

const { tensors } = JSON.parse(readFileSync(new URL("../fixtures/widgets/split-kernels.json", import.meta.url), "utf8")).common;
const kernels = (stop) => plates(tensors, bodies(tensors, stop)).map(({ size }) => size.slice(1).join("×"));

test("each module has its kernels, and between two of them there are those of both", () => {
  assert.deepEqual(kernels(0), ["3×3", "5×5"]);
  assert.deepEqual(kernels(1), ["3×3", "3×3", "3×3"]);
  assert.deepEqual(kernels(2), ["7×7", "7×7", "7×7"]);
  assert.deepEqual(kernels(3), ["1×7", "7×1", "7×1", "1×7", "7×1", "1×7"]);
  assert.deepEqual(kernels(0.5), ["3×3", "4×4", "4×4"]);
  assert.deepEqual(kernels(2.5), ["4×7", "7×4", "7×4", "4×7", "7×4", "4×7"]);
});

test("nothing jumps: a step of the slider moves every tensor by little", () => {
  for (let stop = 0; stop < STOPS.length - 1; stop += 0.02) {
    const [a, b] = [bodies(tensors, stop), bodies(tensors, Math.min(STOPS.length - 1, stop + 0.02))];
    a.forEach((body, i) => {
      const moved = [...body.at, ...body.size, ...body.window].map((x, k) => Math.abs(x - [...b[i].at, ...b[i].size, ...b[i].window][k]));
      assert.ok(Math.max(...moved) < 2, `tensor ${i} at ${stop}`);
    });
  }
});

test("a kernel stands between what it reads and what it makes, and its rays end at the corners of one cell", () => {
  for (const stop of [0, 0.3, 1, 2.6, 3]) {
    const all = bodies(tensors, stop);
    for (const plate of plates(tensors, all)) {
      const ends = rays(plate);
      assert.ok(plate.from < plate.at[0] - plate.size[0] / 2 && plate.at[0] + plate.size[0] / 2 < plate.to);
      for (const [first, through, last] of ends) {
        assert.deepEqual(first.slice(1), through.slice(1));
        assert.deepEqual([first[0], last[0]], [plate.from, plate.to]);
        assert.deepEqual([1, 2].map((k) => Math.abs(last[k] - plate.at[k])), [0.5, 0.5]);
      }
    }
  }
});

test("every module has a chip and words, and a place between two has its name", () => {
  assert.deepEqual(PRESETS.map(({ state }) => state.stop), [0, 1, 2, 3]);
  assert.equal(STOPS.length, tensors[0].stops.length);
  assert.equal(TEXT.place(2), "7×7");
  assert.equal(TEXT.place(2.5), "between 7×7 and 1×7 · 7×1");
  assert.deepEqual([0.48, 0.5, 3].map(nearest), [0, 1, 3]);
});
