import assert from "node:assert/strict";
import test from "node:test";

import { CLOCKS, EPOCHS, EVERY, rateAt, stairs, ticks, windowOf } from "../../inception_lib/viz/widgets/two_clocks/model.js";

test("the staircase has fifty stairs, each 0.94 of the one before", () => {
  const corners = stairs(0, EPOCHS);
  assert.equal(corners.length, 2 * 50);
  for (let i = 2; i < corners.length; i += 2) {
    assert.equal(corners[i][0], corners[i - 1][0]);
    assert.equal(corners[i + 1][0] - corners[i][0], EVERY);
    assert.ok(Math.abs(corners[i][1] / corners[i - 1][1] - 0.94) < 1e-12);
  }
  assert.equal(rateAt(EPOCHS), rateAt(EPOCHS - 0.25));
});

test("a stretch of it begins and ends where it is asked to", () => {
  const corners = stairs(87.5, 100);
  assert.deepEqual([corners[0][0], corners.at(-1)[0]], [87.5, 100]);
  assert.equal(corners.length / 2, 7); // stairs that 12.5 epochs touch
  assert.equal(stairs(99.75, 100).length, 2);
  assert.deepEqual(stairs(3, 3), []);
});

test("a tick is as long as the window, and the last lies within the training", () => {
  for (const name of Object.keys(CLOCKS)) {
    const found = ticks(name, 10000);
    assert.ok(Math.abs(found[1] - found[0] - windowOf(name, 100)) < 1e-12);
    assert.ok(found.at(-1) <= EPOCHS && found.at(-1) + found[1] > EPOCHS);
  }
  assert.equal(ticks("replica", 1e6).length, 5);
});
