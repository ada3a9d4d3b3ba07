import assert from "node:assert/strict";
import test from "node:test";

import {
  middleRow, moved, oneCrop, repeated, rowsOf, sameAs, span, VIEWS,
} from "../../inception_lib/viz/widgets/how_many_crops/model.js";
import { cropName } from "../../inception_lib/viz/widgets/how_many_crops/words.js";

// Two scales of three squares of 100 in a photograph of 100×140; corners and centre in the same place, for short.
const boxes = [90, 70].flatMap((side) => [0, 20, 40].flatMap((left) => [
  ...Array.from({ length: 5 }, (_, k) => [k, left, k + side, left + side]), [0, left, 100, left + 100],
].flatMap((box) => [[...box, 0], [...box, 1]])));

test("rows are scales and squares", () => {
  const rows = rowsOf(boxes);
  assert.deepEqual(rows.map(({ share }) => share), [0.9, 0.9, 0.9, 0.7, 0.7, 0.7]);
  assert.deepEqual(rows.map(({ square, of }) => [square, of]), [0, 1, 2, 0, 1, 2].map((i) => [i, 3]));
  assert.equal(middleRow(boxes), 1);
  assert.equal(oneCrop(boxes), 22);
});

test("the whole of a square is the same at every scale, its mirror image another", () => {
  assert.deepEqual(sameAs(boxes, 10), [10, 10 + 3 * VIEWS]);
  assert.deepEqual(sameAs(boxes, 0), [0]);
  assert.equal(repeated(boxes).filter(Boolean).length, 6);
  assert.equal(repeated(boxes)[10], false);
});

test("arrows stop at the ends of a row and of a column", () => {
  assert.equal(moved(boxes, 0, -1, 0), 0);
  assert.equal(moved(boxes, 11, 1, 0), 11);
  assert.equal(moved(boxes, 3, 0, 1), 15);
  assert.equal(moved(boxes, 61, 0, 1), 61);
});

test("the axis holds every interval", () => {
  assert.deepEqual(span({ schemes: [{ interval95: [7.9, 13] }, { interval95: [9, 16.1] }] }), [6, 18]);
});

test("a crop has a name", () => {
  assert.equal(cropName({ square: 1, of: 3 }, 10), "middle square, whole");
  assert.equal(cropName({ square: 0, of: 3 }, 3), "left square, top right corner, mirrored");
});
