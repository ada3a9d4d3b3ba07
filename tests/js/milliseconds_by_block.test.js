import assert from "node:assert/strict";
import test from "node:test";

import { readouts, rowsOf, wholeOf } from "../../inception_lib/viz/widgets/milliseconds_by_block/model.js";
import { heard, sourceOf, times } from "../../inception_lib/viz/widgets/milliseconds_by_block/words.js";

const blocks = [
  { name: "one", training: { ms: 30, macs: 600, bytes: 100 }, inference: { ms: 6, macs: 200, bytes: 40 } },
  { name: "pool", training: { ms: 10, macs: 0, bytes: 300 }, inference: { ms: 2, macs: 0, bytes: 60 } },
  { name: "side", training: { ms: 20, macs: 200, bytes: 100 } },
];

test("shares are of the blocks that run in the mode", () => {
  assert.deepEqual(wholeOf({ blocks, mode: "training" }), { ms: 60, macs: 800, bytes: 500 });
  const rows = rowsOf({ blocks, mode: "inference" });
  assert.deepEqual(rows.map(({ name }) => name), ["one", "pool"]);
  assert.deepEqual(rows[0].share, { ms: 0.75, macs: 1, bytes: 0.4 });
  assert.deepEqual(rows.map(({ ratio }) => ratio), [0.75, null]);
});

test("a ratio only where there is a multiply-add, nothing of a block that does not run", () => {
  assert.equal(readouts({ blocks, mode: "training", block: 0 }).ratio, 0.5 / 0.75);
  assert.equal(readouts({ blocks, mode: "training", block: 0 }).intensity, 6);
  assert.ok(!("ratio" in readouts({ blocks, mode: "training", block: 1 })));
  assert.deepEqual(readouts({ blocks, mode: "inference", block: 2 }), { "whole-ms": 8, "whole-intensity": 2 });
});

test("words for a ratio, for ears, and for where the times come from", () => {
  assert.deepEqual([0.9, 14.76, null].map(times), ["0.90×", "14.8×", "–"]);
  assert.match(heard(rowsOf({ blocks, mode: "training" })[1]), /^pool: 16.7.% of the time, 0.% of the multiply-adds/);
  assert.match(sourceOf({ machine: "x86_64 CPU, 1 thread(s)", images: 4, rounds: 40 }), /a CPU \(x86_64 CPU, 1 thread; no GPU was measured\) .* 4 images .* 40 rounds/);
  assert.match(sourceOf({ machine: "", images: 1, rounds: 0 }), /your own, one image at once/);
});
