import assert from "node:assert/strict";
import test from "node:test";

import { byLength, byValue, readouts } from "../../inception_lib/viz/widgets/clip_ring/model.js";
import { noteFor } from "../../inception_lib/viz/widgets/clip_ring/words.js";

test("the ring keeps the direction, the square the quarter of the plane", () => {
  for (const [a, b] of [[3, 4], [-5, 0.5], [1.8, -1.8], [0.1, 0], [0, 0]]) {
    const [c, d] = byLength([a, b]);
    assert.ok(Math.abs(a * d - b * c) < 1e-12);
    assert.ok(Math.hypot(c, d) <= 2 + 1e-12);
    const square = byValue([a, b]);
    assert.ok(square.every((x) => Math.abs(x) <= 2));
    assert.deepEqual(square.map(Math.sign), [a, b].map(Math.sign));
  }
});

test("the words say what happens", () => {
  const note = (first, second) => noteFor(readouts({ first, second }), Math.max(Math.abs(first), Math.abs(second)) > 2);
  assert.match(note(1, 1), /nothing is clipped/);
  assert.match(note(1.8, 1.8), /length is clipped/);
  assert.match(note(3, 4), /square does not/);
  assert.match(note(4, 4), /Both ways/);
});
