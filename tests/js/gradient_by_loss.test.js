import assert from "node:assert/strict";
import test from "node:test";

import { highest, readouts } from "../../inception_lib/viz/widgets/gradient_by_loss/model.js";
import { at, PARTS, READOUTS } from "../../inception_lib/viz/widgets/gradient_by_loss/words.js";

const norms = {
  none: { parts: ["one", "two"], after: [0, 1], main: [[[0.2, 0.1, 0.31], [0.3, 0.3, 0.3]], [[1, 1, 1], [0.5, 0.4, 0.6]]] },
  head: {
    parts: ["one", "two"], after: [0, 1], cosine: [0.5, -0.5],
    main: [[[0.2, 0.2, 0.2], [0.3, 0.3, 0.3]], [[0.4, 0.4, 0.4], [0.4, 0.4, 0.4]]],
    side: [[[0.1, 0.1, 0.1], [0, 0, 0]], [[0.3, 0.3, 0.3], [0, 0, 0]]],
  },
};

test("without a head there is one loss", () => {
  assert.deepEqual(readouts({ norms, network: "none", stop: 1 }), { "main-one": 1, "main-two": 0.5 });
});

test("with one, both, their ratio in the first layer and the angle there", () => {
  const numbers = readouts({ norms, network: "head", stop: 0 });
  assert.equal(numbers["side-two"], 0);
  assert.equal(numbers.ratio, 0.5);
  assert.equal(numbers.cosine, 0.5);
});

test("one axis for all networks and epochs", () => {
  assert.equal(highest(norms), 1);
});

test("each part has a name and two readouts", () => {
  for (const part of Object.keys(PARTS)) {
    assert.ok(READOUTS[`main-${part}`] && READOUTS[`side-${part}`]);
  }
  assert.deepEqual([0, 1, 8].map(at), ["before training", "after 1 epoch", "after 8 epochs"]);
});
