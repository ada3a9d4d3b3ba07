import assert from "node:assert/strict";
import test from "node:test";

import { dots, savingAt } from "../../inception_lib/viz/widgets/saving_by_alpha/model.js";

test("the saving is largest where nothing widens, and the same for α and 1/α", () => {
  for (const alpha of [1.2, 1.5, 3, 6]) {
    assert.ok(savingAt(alpha) < savingAt(1));
    assert.ok(Math.abs(savingAt(alpha) - savingAt(1 / alpha)) < 1e-12);
  }
});

test("layers of one α share a dot", () => {
  const layer = (name, inside, out) => ({ name, inside, out });
  const found = dots([layer("a", 32, 128), layer("b", 16, 32), layer("c", 48, 192)]);
  assert.deepEqual(found, [{ alpha: 2, names: ["b"] }, { alpha: 4, names: ["a", "c"] }]);
});
