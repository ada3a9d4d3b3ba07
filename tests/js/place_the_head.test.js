import assert from "node:assert/strict";
import test from "node:test";

import { readouts } from "../../inception_lib/viz/widgets/place_the_head/model.js";
import { OPS, PRESETS, short } from "../../inception_lib/viz/widgets/place_the_head/words.js";

test("shares are of the network without the head", () => {
  const network = {
    params: 200, macs: 1000, modules: [],
    places: [{ before: 50, tensors: [], layers: [{ params: 10, macs: 1 }, { params: 30, macs: 4 }] }],
  };
  assert.deepEqual(readouts({ network, place: 0 }), {
    params: 40, macs: 5, "params-share": 0.2, "macs-share": 0.005, reached: 0.25,
  });
});

test("one operation between two tensors and before the logits", () => {
  assert.equal(OPS.length, 4);
  assert.equal(short("Mixed_6e"), "6e");
  assert.equal(PRESETS.at(-1).state.place, 7);
});
