import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { isNear, isReached, reachedWith, sides } from "../../inception_lib/viz/widgets/hit_the_budget/model.js";
import { distance, GUESSES, noteFor, PRESETS, TABLE, told } from "../../inception_lib/viz/widgets/hit_the_budget/words.js";

const { common } = JSON.parse(readFileSync(new URL("../fixtures/widgets/hit-the-budget.json", import.meta.url), "utf8"));
const { network } = common;

test("grids of Table 1, and those of 79 pixels", () => {
  assert.deepEqual(sides({ network, side: 299, stride: 2, pool: "on" }), [299, 149, 147, 73, 71, 35, 17, 8]);
  assert.deepEqual(sides({ network, side: 79, stride: 1, pool: "off" }), [79, 77, 75, 75, 73, 36, 17, 8]);
  assert.deepEqual(sides({ network, side: 79, stride: 2, pool: "on" }), [79, 39, 37, 18, 16, 7, 3, 1]);
});

test("a task counts once, near the line and at its own side", () => {
  assert.equal(reachedWith({ side: 151, reached: 0 }, 1), 1);
  assert.equal(reachedWith({ side: 151, reached: 0 }, 0.919), 0);
  assert.equal(reachedWith({ side: 79, reached: 1 }, 0.9385), 3);
  assert.equal(reachedWith({ side: 160, reached: 2 }, 1), 2);
  assert.ok(isNear(1.06) && !isNear(1.08));
  assert.deepEqual([299, 151, 79].map((side) => isReached(side, 2)), [true, false, true]);
});

test("how far from the line, in words", () => {
  assert.equal(distance(1), "exactly the line");
  assert.match(distance(0.9385), /^6\.2.% below the line$/);
  assert.equal(distance(4.24), "4.2 times the line");
  assert.equal(distance(1 / 26.9), "26.9 times less than the line");
});

test("no note, label or preset tells the accuracies or the switches", () => {
  for (const { state: { side } } of PRESETS) {
    for (const [stride, pool, ratio] of [[2, "on", 0.2], [1, "on", 1], [1, "off", 4], [2, "off", 0.919]]) {
      const note = noteFor({ side, stride, pool, reached: 0 }, ratio, isNear(ratio));
      assert.ok(note.length > 10);
      for (const accuracy of Object.values(TABLE)) assert.ok(!note.includes(accuracy));
    }
  }
  assert.equal(new Set(GUESSES.map(({ state }) => told(state.guess))).size, 2);
});
