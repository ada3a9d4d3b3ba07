import assert from "node:assert/strict";
import test from "node:test";

import { eigen, lines, matrix, readouts } from "../../inception_lib/viz/widgets/best_lines/model.js";
import { PRESETS } from "../../inception_lib/viz/widgets/best_lines/words.js";

test("eigenvalues and vectors belong together", () => {
  const a = [[2, 1, 0], [1, 3, -1], [0, -1, 1]];
  const found = eigen(a);
  assert.ok(Math.abs(found.reduce((sum, [value]) => sum + value, 0) - 6) < 1e-12);
  for (const [value, v] of found) {
    a.forEach((row, i) => assert.ok(Math.abs(row.reduce((sum, x, j) => sum + x * v[j], 0) - value * v[i]) < 1e-12));
  }
});

test("the drawn product misses what the number says that it misses", () => {
  for (const { id, state: { kernel } } of PRESETS) {
    const { column, row } = lines(kernel);
    const k = matrix(kernel);
    let [missed, whole] = [0, 0];
    k.forEach((line, r) => line.forEach((v, c) => {
      missed += (v - column[r] * row[c]) ** 2;
      whole += v * v;
    }));
    assert.ok(Math.abs(1 - missed / whole - readouts({ kernel }).held) < 1e-9, id);
    assert.ok([...column, ...row].every((v) => v >= 0), `${id}: nothing below zero`);
  }
});

test("an empty kernel has empty lines", () => {
  const kernel = "0".repeat(49);
  assert.deepEqual(lines(kernel).column, [0, 0, 0, 0, 0, 0, 0]);
  assert.deepEqual(readouts({ kernel }), { held: 1, pairs: 0 });
});
