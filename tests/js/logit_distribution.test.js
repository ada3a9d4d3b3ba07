import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { apart, best, highest, moving, reach, shares } from "../../inception_lib/viz/widgets/logit_distribution/model.js";

const { common } = JSON.parse(readFileSync(new URL("../fixtures/widgets/logit-distribution.json", import.meta.url), "utf8"));
const { runs } = common;

test("shares are of all images, those beyond the picture at its ends", () => {
  for (const one of runs.each) {
    for (const split of ["training", "test"]) {
      assert.ok(Math.abs(shares(one, split).reduce((a, b) => a + b, 0) - 1) < 1e-12);
      assert.ok(Math.max(...shares(one, split)) <= highest({ runs }, split));
    }
  }
  const far = { counts: { test: Array(35).fill(0) } };
  far.counts.test[0] = 3;
  far.counts.test[34] = 1;
  const found = shares(far, "test");
  assert.deepEqual([found[0], found.at(-1)], [0.75, 0.25]);
});

test("what moves is taken apart as it was put together", () => {
  const [one] = runs.each;
  const whole = apart(moving(one, "test"), one, "test");
  assert.deepEqual(whole.points, one.points.test);
  assert.deepEqual(whole.bins, one.bins);
  assert.deepEqual(whole.shares, shares(one, "test"));
});

test("no point lies beyond the reach, and the bottom comes nearer as ε grows", () => {
  const far = reach({ runs }, "training");
  for (const one of runs.each) {
    for (const value of one.points.training.flat(2)) assert.ok(Math.abs(value) <= far);
  }
  assert.ok(best(0.05) > best(0.1) && best(0.1) > best(0.3));
});
