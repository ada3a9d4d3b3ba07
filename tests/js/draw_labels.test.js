import assert from "node:assert/strict";
import test from "node:test";

import { counts, labels, means, readouts, smoothed } from "../../inception_lib/viz/widgets/draw_labels/model.js";

test("the last of the running means is the one that is shown", () => {
  for (const drawn of [1, 10, 4000]) {
    const state = { drawn, epsilon: 0.2 };
    assert.ok(Math.abs(means(state).at(-1) - readouts(state).mean) < 1e-12);
    assert.equal(means(state).length, drawn);
    assert.equal(counts(state).reduce((a, b) => a + b, 0), drawn);
  }
});

test("a larger ε draws the same labels again, and more of them", () => {
  const [few, many] = [0.1, 0.3].map((epsilon) => labels({ drawn: 2000, epsilon }));
  few.forEach((label, i) => label && assert.equal(many[i], label));
  assert.ok(many.filter(Boolean).length > 2 * few.filter(Boolean).length);
});

test("the mean comes near the smoothed loss", () => {
  const error = (drawn) => Math.abs(means({ drawn, epsilon: 0.1 }).at(-1) - smoothed({ epsilon: 0.1 }));
  assert.ok(error(4000) < error(10));
  assert.ok(error(4000) < 0.03);
});
