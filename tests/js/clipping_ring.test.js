import assert from "node:assert/strict";
import test from "node:test";

import { clipped, readouts } from "../../inception_lib/viz/widgets/clipping_ring/model.js";
import { noteFor } from "../../inception_lib/viz/widgets/clipping_ring/words.js";

const at = (first, second, way = "norm") => ({ first, second, way });
const note = (state) => noteFor(state, readouts(state));

test("what is within the limit is left as it is, to the bit", () => {
  for (const way of ["norm", "value"]) assert.deepEqual(clipped(at(1.1, -0.7, way)), [1.1, -0.7]);
});

test("by the norm both shrink alike, by value each by itself", () => {
  const [x, y] = clipped(at(3, -4));
  assert.ok(Math.abs(x - 1.2) < 1e-6 && Math.abs(y + 1.6) < 1e-6);
  assert.deepEqual(clipped(at(3, -4, "value")), [2, -2]);
});

test("the note says which of the two it is", () => {
  assert.match(note(at(1, 1)), /nothing is clipped/);
  assert.match(note(at(3, 1)), /direction is kept/);
  assert.match(note(at(3, 1, "value")), /away from the larger/);
  assert.match(note(at(4, 3, "value")), /corner/);
  for (const pair of [[3, -3], [3, 0]]) assert.match(note(at(...pair, "value")), /by chance/);
});
