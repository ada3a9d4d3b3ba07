import assert from "node:assert/strict";
import test from "node:test";

import { groups, isBeyond, readouts, stroke } from "../../inception_lib/viz/widgets/beyond_the_border/model.js";
import { short } from "../../inception_lib/viz/widgets/beyond_the_border/words.js";

test("a stroke has what was seen, what is added inside and what beyond", () => {
  const layer = { before: 47, behind: 143 };
  assert.deepEqual(stroke(layer, 299), { seen: [0, 23.5], inside: [23.5, 71.5], outside: [149.5, 149.5] });
  assert.deepEqual(stroke(layer, 79), { seen: [0, 23.5], inside: [23.5, 39.5], outside: [39.5, 71.5] });
  assert.deepEqual(stroke(layer, 40), { seen: [0, 23.5], inside: [20, 20], outside: [23.5, 71.5] });
});

test("a window that holds the whole image leaves nothing to add", () => {
  assert.ok(isBeyond({ before: 79, behind: 143 }, 79));
  assert.ok(!isBeyond({ before: 79, behind: 143 }, 80));
  const layers = [{ before: 3, behind: 7 }, { before: 79, behind: 143 }];
  assert.deepEqual(readouts({ networks: [{ layers }], network: 0, side: 79 }), { beyond: 1, layers: 2 });
});

test("layers of a module stand together", () => {
  const layers = ["a", "a", "b"].map((module) => ({ module }));
  assert.deepEqual(groups(layers), [{ module: "a", from: 0, to: 2 }, { module: "b", from: 2, to: 3 }]);
  assert.deepEqual(["Conv2d_1a_3x3", "maxpool1", "Mixed_6b"].map(short), ["stem", "stem", "6b"]);
});
