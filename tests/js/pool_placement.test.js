import assert from "node:assert/strict";
import test from "node:test";

import { PLACES, shape, tensors } from "../../inception_lib/viz/widgets/pool_placement/model.js";
import { noteFor, PRESETS } from "../../inception_lib/viz/widgets/pool_placement/words.js";

test("the pipe begins and ends alike wherever the pool stands", () => {
  for (const grid of [6, 17, 35, 70]) {
    const ends = PLACES.map((place) => shape({ place, grid, channels: 320 }).heights);
    for (const [first, , last] of ends) {
      assert.equal(first, 1);
      assert.ok(Math.abs(last - ends[0][2]) < 1e-12);
    }
  }
});

test("a waist, two lanes and a bulge", () => {
  const at = (place) => shape({ place, grid: 34, channels: 64 });
  assert.deepEqual(PLACES.map((place) => at(place).waist), [true, false, false]);
  assert.deepEqual(PLACES.map((place) => at(place).split), [0, 1, 0]);
  assert.deepEqual(PLACES.map((place) => at(place).heights[1]), [0.25, 0.5, 2]);
  assert.ok(at("before").pool < at("before").conv && at("behind").pool > at("behind").conv);
});

test("what comes out has half the cells a side and twice the channels", () => {
  for (const place of PLACES) {
    const { out } = tensors(place, { grid: 35, channels: 320 });
    assert.ok(out.every(([side]) => side === 17));
    assert.equal(out.reduce((sum, [, channels]) => sum + channels, 0), 640);
  }
});

test("each place has its preset and its sentence", () => {
  assert.deepEqual(PRESETS.map(({ state }) => state.place), PLACES);
  for (const place of PLACES) assert.ok(noteFor(place).length > 40);
});
