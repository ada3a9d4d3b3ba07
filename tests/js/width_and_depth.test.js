import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { highest, mean, networksOf, readouts } from "../../inception_lib/viz/widgets/width_and_depth/model.js";
import { PRESETS } from "../../inception_lib/viz/widgets/width_and_depth/words.js";

const built = new URL("../fixtures/widgets/width-and-depth.json", import.meta.url);
const { common: { curves, limits } } = JSON.parse(readFileSync(built, "utf8"));

test("every budget has a chip and a network at every depth", () => {
  assert.deepEqual(PRESETS.map(({ state }) => state.budget), limits.budget.names);
  for (const budget of limits.budget.names) {
    assert.equal(networksOf({ curves, budget }).length, limits.place.max + 1);
  }
});

test("the axis holds every error, and no more than it must", () => {
  const errors = curves.flatMap(({ networks }) => networks.flatMap((network) => network.errors));
  const top = highest(curves);
  assert.ok(Math.max(...errors) <= top && top - Math.max(...errors) < 0.05);
});

test("the number beside the picture is the mean of the seeds", () => {
  const { errors } = networksOf({ curves, budget: "large" })[2];
  assert.equal(readouts({ curves, budget: "large", place: 2 }).error, mean(errors));
  assert.equal(mean([1, 2, 6]), 3);
});
