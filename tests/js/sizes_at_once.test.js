import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { cellAt, windowsOf } from "../../inception_lib/viz/widgets/sizes_at_once/model.js";

const fixture = new URL("../fixtures/widgets/sizes-at-once.json", import.meta.url);
const { common } = JSON.parse(readFileSync(fixture, "utf8"));

test("the windows of a cell have one middle, and pointing there finds the cell", () => {
  for (const [row, column] of [[0, 0], [6, 12], [27, 3]]) {
    const windows = windowsOf({ ...common, row, column });
    const middles = windows.map(({ left, top, side }) => [left + side / 2, top + side / 2]);
    for (const middle of middles) assert.deepEqual(middle, middles[0]);
    assert.deepEqual(cellAt(...middles[0], common), { row, column });
  }
});

test("outside the image the nearest cell is meant", () => {
  assert.deepEqual(cellAt(-50, 900, common), { row: 27, column: 0 });
});
