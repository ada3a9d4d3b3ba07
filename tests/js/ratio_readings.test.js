import assert from "node:assert/strict";
import test from "node:test";

import { claims, READINGS, readouts } from "../../inception_lib/viz/widgets/ratio_readings/model.js";
import { noteFor } from "../../inception_lib/viz/widgets/ratio_readings/words.js";

test("to a quarter and 3 times more say one thing, by a quarter another", () => {
  const { left, more } = readouts({ grid: 34 });
  assert.equal(claims("to a quarter"), left);
  assert.equal(claims("3 times more"), 1 / (1 + more));
  assert.equal(claims("by a quarter"), 0.75);
  for (const reading of READINGS) assert.ok(noteFor(reading).length > 30);
});
