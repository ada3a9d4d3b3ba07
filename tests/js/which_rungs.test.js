import assert from "node:assert/strict";
import test from "node:test";

import {
  differenceHalf, imagesAt, independent, isSigned, isUnpaired, placeOf, readouts, steps, toggled,
} from "../../inception_lib/viz/widgets/which_rungs/model.js";
import { READOUTS, STAND } from "../../inception_lib/viz/widgets/which_rungs/words.js";

const rungs = [23.4, 23.1, 22.8, 21.6, 21.2].map((top1) => ({ title: "", top1, printed: 4, macs: 5e9 }));
const state = { rungs, images: 48238, disagree: 36, signed: 0 };
const limits = { min: 1000, max: 50000 };

test("independent networks on the same images are as two sets of images", () => {
  const [p, q, n] = [0.216, 0.212, 48238];
  const unpaired = 1.959963984540054 * Math.sqrt((p * (1 - p) + q * (1 - q)) / n);
  assert.ok(Math.abs(differenceHalf(p, q, n, independent(p, q)) - unpaired) < 1e-15);
  assert.equal(isUnpaired(state), true);
  assert.equal(isUnpaired({ ...state, disagree: 35 }), false);
});

test("a tick is a bit, and what it tells goes with it", () => {
  assert.equal(toggled(toggled(0, 2), 0), 5);
  assert.equal(toggled(5, 2), 1);
  assert.deepEqual([0, 1, 2, 3].map((step) => isSigned(5, step)), [true, false, true, false]);
  const names = Object.keys(readouts({ ...state, signed: 4 })).filter((name) => name.startsWith("clear"));
  assert.deepEqual(names, ["clear-3"]);
  assert.equal("stand" in readouts(state), false);
});

test("steps follow the order of the ladder", () => {
  assert.deepEqual(steps(state).map(({ clear }) => clear), [false, false, true, false]);
  assert.deepEqual(steps({ ...state, disagree: 10 }).map(({ clear }) => clear), [true, true, true, true]);
});

test("the slider of images has equal ratios, round numbers, and the paper's own", () => {
  const at = (place) => imagesAt(place, limits, 200, [48238]);
  assert.deepEqual([0, 200].map(at), [1000, 50000]);
  assert.equal(at(Math.round(placeOf(48238, limits, 200))), 48238);
  assert.ok(Math.abs(placeOf(Math.sqrt(1000 * 50000), limits, 200) - 100) < 1e-9);
  const all = Array.from({ length: 201 }, (_, place) => at(place));
  assert.ok(all.every((images, i) => !i || images >= all[i - 1]), "never back");
});

test("a key always moves the slider of images", () => {
  // The browser puts the knob on the nearest place, and a key goes to the next one from there.
  for (let place = 0; place <= 200; place += 1) {
    const images = imagesAt(place, limits, 200, [48238]);
    assert.equal(Math.round(placeOf(images, limits, 200)), place, `${images} images`);
  }
});

test("words for one and for more", () => {
  assert.deepEqual(STAND(1, 1), ["step signed;", "is clear of 0"]);
  assert.deepEqual(STAND(4, 0), ["steps signed;", "are clear of 0"]);
  assert.equal(Object.keys(READOUTS).length, 3 + 5 * 3 + 4 * 3 + 2);
});
