import assert from "node:assert/strict";
import test from "node:test";

import { pathCounts, pathsFrom, fromRows } from "../../inception_lib/viz/widgets/_windows/paths.js";
import { scenes, SHAPE } from "../../inception_lib/viz/widgets/two_cones/model.js";
import { TITLES } from "../../inception_lib/viz/widgets/two_cones/words.js";

test("a pixel is seen by exactly the cells that it reaches, by as many paths", () => {
  // A stride, a pad on one axis and two branches that meet.
  const nodes = fromRows([
    ["in", "input", [], 8, 9], ["a", "conv", [0], 4, 5, 3, 3, 2, 2, 1, 1], ["b", "conv", [1], 4, 5, 1, 3, 1, 1, 0, 1],
    ["c", "concat", [1, 2], 4, 5],
  ]);
  for (let pixel = 0; pixel < 72; pixel++) {
    const at = [Math.floor(pixel / 9), pixel % 9];
    const up = pathsFrom(nodes, at).get("c");
    for (let cell = 0; cell < 20; cell++) {
      const down = pathCounts(nodes, "c", [Math.floor(cell / 5), cell % 5]).get("in");
      assert.equal(up[cell], down[pixel], `pixel ${pixel}, cell ${cell}`);
    }
  }
});

test("both cones end on the same cells, upwards and downwards", () => {
  for (const look of ["sees", "reaches"]) {
    for (const [row, column] of [[0, 0], [4, 6], [8, 12]]) {
      const [one, stack] = scenes({ layers: 3, look, row, column });
      const seen = ({ counts }) => [...counts].map((n) => n > 0);
      assert.deepEqual(seen(one), seen(stack));
      assert.equal(one.levels, 1);
      assert.equal(stack.levels, 3);
      assert.equal(stack.frusta.length >= 3, true);
      const picked = (look === "sees" ? stack.planes.at(-1) : stack.planes[0]).cell;
      assert.deepEqual(picked, [row, column]);
      assert.ok(stack.planes.every(({ shape }) => String(shape) === String(SHAPE)));
    }
  }
});

test("the titles name what is drawn", () => {
  assert.deepEqual(TITLES({ layers: 2 }), ["one 5×5", "two 3×3"]);
  assert.deepEqual(TITLES({ layers: 3 }), ["one 7×7", "three 3×3"]);
});
