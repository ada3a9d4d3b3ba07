import assert from "node:assert/strict";
import test from "node:test";

import {
  apart, betOf, fewest, nextOf, placed, readouts, span, standing, withBet,
} from "../../inception_lib/viz/widgets/which_had_the_head/model.js";
import { at, HEADS, PRESETS } from "../../inception_lib/viz/widgets/which_had_the_head/words.js";

const curve = (start) => Array.from({ length: 13 }, (_, i) => start - i);
const state = (more) => ({
  pairs: { plain: [
    { seed: 0, a: curve(80), b: curve(81), head: "b" },
    { seed: 1, a: curve(79), b: curve(82), head: "a" },
    { seed: 2, a: curve(80), b: curve(80), head: "a" },
  ] },
  head: "plain", pair: 0, moment: 4, bets: "", ...more,
});

test("a bet is kept, once, and the next pair is one without", () => {
  let now = state();
  assert.equal(betOf(now), undefined);
  now = state({ bets: withBet(now, "a") });
  assert.equal(now.bets, "plain-0-4-a");
  assert.equal(betOf(now), "a");
  assert.equal(nextOf(now), 1);
  now = state({ bets: `${now.bets} plain-1-2-a plain-0-5-b` });
  assert.deepEqual([...placed(now)], [["plain-0", "a"], ["plain-1", "a"]]);
  assert.equal(nextOf(now), 2);
  assert.equal(nextOf(state({ bets: `${now.bets} plain-2-1-b` })), -1);
  assert.equal(readouts(now).won, 1);
});

test("where both err as often the pair is in neither count", () => {
  assert.deepEqual(standing(state(), 4), { ahead: 1, level: 1, behind: 1 });
  const { ahead, behind } = readouts(state({ bets: "plain-0-4-a" }));
  assert.deepEqual([ahead, behind], [1, 1]);
});

test("a coin over n tosses, against the sum of the binomial", () => {
  const choose = (n, k) => (k === 0 ? 1 : (choose(n, k - 1) * (n - k + 1)) / k);
  const below = (n, k) => Array.from({ length: k }, (_, i) => choose(n, i) / 2 ** n).reduce((a, b) => a + b, 0);
  for (const n of [1, 5, 6, 10, 15, 20]) {
    const k = fewest(n);
    assert.ok(below(n, k) <= 0.025 && below(n, k + 1) > 0.025, String(n));
  }
  assert.deepEqual([5, 10, 20].map(fewest), [0, 2, 6]);
});

test("badges move apart and keep their order", () => {
  assert.deepEqual(apart(10, 100, 20), [10, 100]);
  assert.deepEqual(apart(50, 54, 20), [42, 62]);
  assert.deepEqual(apart(54, 50, 20), [62, 42]);
});

test("the axis holds every error", () => {
  assert.deepEqual(span(state().pairs), [67, 82]);
});

test("words for each head and each moment", () => {
  assert.equal(new Set(HEADS.map(({ state: { head } }) => head)).size, HEADS.length);
  assert.ok(PRESETS.some(({ state: { bets } }) => bets));
  assert.deepEqual([1, 2, 13].map(at), ["after 1 epoch", "after 2 epochs", "at the end"]);
});
