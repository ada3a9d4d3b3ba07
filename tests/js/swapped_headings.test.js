import assert from "node:assert/strict";
import test from "node:test";

import { course, errorsAt, readouts } from "../../inception_lib/viz/widgets/swapped_headings/model.js";
import { dot } from "../../inception_lib/viz/widgets/swapped_headings/words.js";

const rows = [
  { title: "a", crops: 10, first: null, second: 9, followed: false },
  { title: "b", crops: null, first: 24, second: 7, followed: false },
  { title: "c", crops: 144, first: 19, second: 4, followed: true },
];
const beside = [
  { where: "Table 3", title: "c", crops: 1, models: 1, top1: 21, top5: 6, note: "", followed: true },
  { where: "Table 5", title: "c", crops: 144, models: 4, top1: 17, top5: 3, note: "", followed: true },
];

test("exchanged headings mirror a dot on the diagonal", () => {
  assert.deepEqual(errorsAt(rows[1], 0), [7, 24]);
  assert.deepEqual(errorsAt(rows[1], 1), [24, 7]);
  const [x, y] = errorsAt(rows[1], 0.5);
  assert.equal(x, y);
});

test("only rows with two errors can contradict themselves", () => {
  assert.equal(readouts({ rows, beside, first: "top-5" }).impossible, 2);
  assert.equal(readouts({ rows, beside, first: "top-1" }).impossible, 0);
});

test("the followed network goes through the table between its neighbours", () => {
  assert.deepEqual(course({ rows, beside }, 1), [[21, 6], [19, 4], [17, 3]]);
  assert.deepEqual(course({ rows, beside }, 0), [[21, 6], [4, 19], [17, 3]]);
});

test("a dot says whose row it is", () => {
  assert.equal(dot(beside[1]), "Table 5: c, 144 crops, 4 models");
  assert.equal(dot(rows[1]), "Table 4: b");
});
