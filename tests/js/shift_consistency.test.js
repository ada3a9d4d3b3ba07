import assert from "node:assert/strict";
import test from "node:test";

import { highest, readouts } from "../../inception_lib/viz/widgets/shift_consistency/model.js";
import { noteFor, PRESETS, START } from "../../inception_lib/viz/widgets/shift_consistency/words.js";

const curves = { a: [{ layer: "x", left: [0, 0.31] }], b: [{ layer: "x", left: [0, 0.62] }] };

test("numbers are read off the present photograph's curves", () => {
  assert.deepEqual(readouts({ curves, photo: "b", shift: 1 }), { "left-x": 0.62 });
});

test("one scale serves all photographs", () => assert.equal(highest(curves), 0.7));

test("each preset has a sentence; other shifts have the first", () => {
  for (const { state, note } of PRESETS) assert.equal(noteFor(state.shift), note);
  assert.equal(noteFor(3), START);
});
