import assert from "node:assert/strict";
import test from "node:test";

import {
  epsilonAt, halfAxes, lossAt, path, plainPath, readouts, START, stepOf,
} from "../../inception_lib/viz/widgets/ravine/model.js";
import { digits, noteFor, tell } from "../../inception_lib/viz/widgets/ravine/words.js";

const at = (epsilon, steps = 240, form = "tensorflow") => ({ epsilon, steps, form });

test("a contour is where the loss is its level", () => {
  const [a, b] = halfAxes(0.3);
  for (const turn of [0, 0.4, 1.2, 2.9]) {
    assert.ok(Math.abs(lossAt([a * Math.cos(turn), b * Math.sin(turn)]) - 0.3) < 1e-12);
  }
});

test("a path begins at the start, and its parts are its beginnings", () => {
  assert.deepEqual(path(at(1), 0), [START]);
  assert.deepEqual(path(at(1e-8), 240).slice(0, 31), path(at(1e-8), 30));
});

test("plain gradient descent shrinks each place by the same share", () => {
  const places = plainPath(3);
  assert.ok(Math.abs(places[3][0] - START[0] * (1 - 0.045 * 0.02) ** 3) < 1e-12);
  assert.ok(Math.abs(places[3][1] - START[1] * (1 - 0.045 * 2) ** 3) < 1e-12);
});

test("all steps are one size, or in proportion to the gradient", () => {
  assert.deepEqual([1, 0.1, 0.01, 0.001].map((g) => digits(stepOf(g, at(1e-8)))), ["0.045", "0.045", "0.045", "0.045"]);
  assert.deepEqual([1, 0.1, 0.01, 0.001].map((g) => digits(stepOf(g, at(1)))), ["0.032", "0.0045", "0.00045", "0.000045"]);
  assert.equal(readouts(at(1, 1)).ratio.toFixed(4), "0.7257");
});

test("the slider's places are numbers of two digits, both ends exact", () => {
  assert.deepEqual([-8, -7.9, -3, 0].map(epsilonAt), [1e-8, 1.3e-8, 0.001, 1]);
  assert.deepEqual([1e-8, 1.3e-8, 0.001, 1].map(tell), ["1 × 10⁻⁸", "1.3 × 10⁻⁸", "0.001", "1"]);
});

test("the note knows in which form a gradient is small beside ε", () => {
  assert.match(noteFor(at(1)), /creeps/);
  assert.match(noteFor(at(1e-8)), /never comes to rest/);
  assert.match(noteFor(at(0.001)), /above 0.032/);
  assert.match(noteFor(at(0.001, 240, "torch")), /never comes to rest/);
  assert.match(noteFor(at(0.01, 240, "torch")), /above 0.01/);
  assert.match(noteFor(at(1e-8, 1)), /begins at 1/);
  assert.match(noteFor(at(1e-8, 1, "torch")), /√10/);
});
