import assert from "node:assert/strict";
import test from "node:test";

import { ENDLESS, readers, readouts } from "../../inception_lib/viz/widgets/shared_cells/model.js";

test("each output reads nine cells, whoever else reads them", () => {
  for (let patch = 1; patch <= 12; patch++) {
    const counted = Array.from({ length: patch + 2 }, () => new Array(patch + 2).fill(0));
    for (let i = 0; i < patch * patch * 9; i++) {
      const [output, k] = [Math.floor(i / 9), i % 9];
      counted[Math.floor(output / patch) + Math.floor(k / 3)][(output % patch) + (k % 3)] += 1;
    }
    assert.deepEqual(readers(patch), counted);
  }
});

test("a patch without end costs what the mark says", () => {
  assert.ok(Math.abs(readouts({ patch: 1e6 }).shared - ENDLESS) < 1e-4);
});

test("six by six outputs cost what a 5×5 costs", () => {
  assert.equal(readouts({ patch: 6 }).shared, 25);
  assert.ok(readouts({ patch: 5 }).shared > 25 && readouts({ patch: 7 }).shared < 25);
});
