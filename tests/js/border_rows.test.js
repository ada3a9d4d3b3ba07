import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { lastWindows, over, sides } from "../../inception_lib/viz/widgets/border_rows/model.js";

const { layers } = JSON.parse(readFileSync(new URL("../fixtures/widgets/border-rows.json", import.meta.url), "utf8")).common;

test("the map is a way of counting: the digits of the size less 11", () => {
  for (let size = 75; size <= 331; size++) {
    const lost = sides(layers, size).map(over);
    assert.equal(lost.reduce((sum, bit, k) => sum + bit * 2 ** k, 0), (size - 11) % 32);
  }
});

test("the windows at the end reach every cell but the one that is over", () => {
  for (const side of [7, 8, 35, 299, 300]) {
    const reached = new Set(lastWindows(side, 7).flatMap((at) => [at, at + 1, at + 2]));
    for (let cell = side - 7; cell < side; cell++) assert.equal(reached.has(cell), !(over(side) && cell === side - 1), `${cell} of ${side}`);
  }
});
