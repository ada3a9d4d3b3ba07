import assert from "node:assert/strict";
import test from "node:test";

import {
  best, descend, gradient, parts, range, right, rowsOf, target,
} from "../../inception_lib/viz/widgets/pull_the_logit/model.js";
import { noteFor, others } from "../../inception_lib/viz/widgets/pull_the_logit/words.js";

const at = (gap, epsilon = 0.1, classes = 10, second = "uniform") => ({ gap, epsilon, classes, second });

test("the gradient is the slope of the loss, less what the others take of it", () => {
  for (const second of ["uniform", "entropy"]) {
    for (const [gap, epsilon, classes] of [[0.5, 0.1, 10], [6, 0.3, 1000], [2, 0, 2]]) {
      const h = 1e-5;
      const loss = (g) => parts(at(g, epsilon, classes, second)).loss;
      const slope = (loss(gap + h) - loss(gap - h)) / (2 * h);
      assert.ok(Math.abs(slope - gradient(at(gap, epsilon, classes, second))) < 1e-8);
    }
  }
});

test("steps end at the bottom, and never end with hard labels", () => {
  const smooth = descend(at(1.5), 400, 14);
  assert.ok(Math.abs(smooth.at(-1) - best(at(0))) < 1e-6);
  const hard = descend(at(1.5, 0), 400, 14);
  assert.ok(hard.every((gap, i) => !i || gap > hard[i - 1]));
  assert.ok(hard.at(-1) > hard[99] + 1); // four times the steps: log 4 more
  assert.ok(descend(at(13.9, 0, 2), 1e5, 14).every((gap) => gap <= 14));
});

test("at the bottom p is the label", () => {
  for (const classes of [2, 10, 1000]) {
    const state = { ...at(0, 0.2, classes), gap: best(at(0, 0.2, classes)) };
    assert.ok(Math.abs(right(state) - target(state)) < 1e-12);
  }
});

test("the plot holds the loss and both parts", () => {
  for (const second of ["uniform", "entropy"]) {
    for (const epsilon of [0, 0.1, 0.5]) {
      const [low, high] = range(at(0, epsilon, 10, second), 14);
      for (let gap = 0; gap <= 14; gap += 0.5) {
        for (const value of Object.values(parts(at(gap, epsilon, 10, second)))) {
          assert.ok(value >= low - 1e-9 && value <= high, `${second} ${epsilon} ${gap}`);
        }
      }
    }
  }
});

test("never more than ten bars, and the words say what is left out", () => {
  assert.deepEqual([2, 10, 11, 1000].map((k) => rowsOf(k).drawn), [1, 9, 9, 9]);
  assert.equal(others(9, true, 1000), "9 of 999 others");
  assert.equal(others(1, false, 2), "the other");
  assert.match(noteFor({ face: "pull", epsilon: 0.2, second: "uniform" }), /20 %/);
});
