import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import {
  alphaAtShare, compare, curve, smoothSaving, ticks, variable,
} from "../../inception_lib/viz/widgets/cost_explorer/model.js";
import { noteFor, PAIRS, PRESETS } from "../../inception_lib/viz/widgets/cost_explorer/words.js";

const built = new URL("../fixtures/widgets/cost-explorer.json", import.meta.url);
const { common: { limits: LIMITS } } = JSON.parse(readFileSync(built, "utf8"));
const near = (a, b, tolerance = 1e-9) => assert.ok(Math.abs(a - b) < tolerance, `${a} is not ${b}`);

test("the paper's numbers", () => {
  const at = (preset, alpha = 1, n = 7) => smoothSaving(preset, alpha, n);
  near(1 / (1 - at("5x5-vs-3x3")), 25 / 9);
  near(at("two-3x3"), 0.28);
  near(at("asym-3"), 1 / 3);
  near(at("two-2x2"), 1 / 9);
  for (let n = 2; n <= 9; n++) near(at("asym-n", 1, n), 1 - 2 / n);
  near(at("two-3x3", 1.5), 1 - (9 / 25) * (2.5 / Math.sqrt(1.5)));
  near(at("two-3x3", 1.5), 0.265, 5e-4);
});

test("α = 1 is the best case of every pair of two equal areas", () => {
  for (const preset of ["two-3x3", "asym-3", "two-2x2", "asym-n"]) {
    const best = smoothSaving(preset, 1, 7);
    for (const alpha of [0.5, 0.9, 1.1, 1.5, 4]) {
      assert.ok(smoothSaving(preset, alpha, 7) < best, `${preset} at ${alpha}`);
    }
  }
});

test("saving in parameters equals saving in multiply-adds, whatever the grid", () => {
  for (const grid of [7, 35, 149]) {
    const { single, factorized, saving } = compare({
      preset: "two-3x3", grid, channels: 100, alpha: 1.3, n: 7,
    });
    near(1 - factorized.params / single.params, saving);
  }
});

test("the boundary between two segments can be turned back into α", () => {
  for (const preset of ["two-3x3", "asym-3", "two-2x2", "asym-n"]) {
    for (const alpha of [0.5, 0.8, 1, 1.5, 2.5, 4]) {
      for (const n of [2, 3, 7]) {
        const state = { preset, grid: 35, channels: 1e6, alpha, n }; // so wide that rounding vanishes
        const { single, factorized } = compare(state);
        const share = factorized.layers[0].macs / Math.max(single.macs, factorized.macs);
        near(alphaAtShare(share, preset, n), alpha, 1e-4);
      }
    }
  }
});

test("the curve passes through the formula", () => {
  const state = { preset: "asym-n", grid: 17, channels: 768, alpha: 1, n: 7 };
  assert.equal(variable("asym-n"), "n");
  assert.deepEqual(curve(state, LIMITS).map(([x]) => x), [2, 3, 4, 5, 6, 7, 8, 9]);
  for (const [n, saving] of curve(state, LIMITS)) near(saving, 1 - 2 / n);
  const alphas = curve({ ...state, preset: "two-3x3" }, LIMITS);
  assert.deepEqual([alphas[0][0], alphas.at(-1)[0]], [0.5, 4]);
});

test("ticks are round, start at nought and stay within the axis", () => {
  assert.deepEqual(ticks(1128960000, 6).map((v) => v / 1e6), [0, 200, 400, 600, 800, 1000]);
  for (const end of [1, 7.3, 99, 1e5, 3.1e12]) {
    for (const count of [3, 6]) {
      const marks = ticks(end, count);
      assert.ok(marks.length >= 2 && marks.length <= count + 1, `${end} ${count}: ${marks}`);
      assert.ok(marks.at(-1) <= end);
    }
  }
});

test("each preset names a pair, sets values within limits and has a note of its own", () => {
  assert.deepEqual(PRESETS.map((preset) => preset.id), [...new Set(PRESETS.map((preset) => preset.id))]);
  for (const { state, note } of PRESETS) {
    assert.ok(PAIRS[state.preset](7).paper.words);
    for (const [key, { min, max }] of Object.entries(LIMITS)) {
      if (key in state && min !== undefined) assert.ok(state[key] >= min && state[key] <= max);
    }
    assert.equal(noteFor({ grid: 35, channels: 192, n: 7, ...state }), note);
  }
});

test("the paper's mark is the formula at the paper's place", () => {
  for (const [preset, pair] of Object.entries(PAIRS)) {
    for (const n of [3, 7]) near(pair(n).paper.saving, smoothSaving(preset, 1, n));
  }
});
