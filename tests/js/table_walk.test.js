import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { bodies, chain, grids, joints, LANES, STEPS, within } from "../../inception_lib/viz/widgets/table_walk/model.js";
import { doing, nameOf, PRESETS } from "../../inception_lib/viz/widgets/table_walk/words.js";

const { stations } = JSON.parse(readFileSync(new URL("../fixtures/widgets/table-walk.json", import.meta.url), "utf8")).common;

test("no border is left over at nine sizes, 32 apart", () => {
  const whole = [];
  for (let size = 75; size <= 331; size++) if (!grids(stations, size).left.some(Boolean)) whole.push(size);
  assert.deepEqual(whole, [75, 107, 139, 171, 203, 235, 267, 299, 331]);
});

test("both lanes have the same grids behind the rows where they part", () => {
  for (const size of [75, 224, 299, 300, 331]) {
    const { sides } = grids(stations, size);
    const [paper, release] = LANES.map((lane) => chain(stations, lane).find(({ name }) => name === "Mixed_6a"));
    assert.equal(sides[paper.i], sides[release.i]);
  }
});

test("boxes stand apart at the largest image, and keep their places at smaller ones", () => {
  const largest = bodies(stations, 331);
  for (const [n, a] of largest.entries()) {
    for (const b of largest.slice(0, n)) {
      const gaps = [0, 1, 2].map((k) => Math.abs(a.at[k] - b.at[k]) - (a.size[k === 0 ? 0 : 1] + b.size[k === 0 ? 0 : 1]) / 2);
      assert.ok(Math.max(gaps[0], gaps[2]) > 1, `${stations[a.i].name} and ${stations[b.i].name}`);
    }
  }
  bodies(stations, 75).forEach(({ at }, k) => assert.deepEqual([at[0], at[2]], [largest[k].at[0], largest[k].at[2]]));
});

test("data flow to the right, and each lane is joined from image to logits", () => {
  const at = new Map(bodies(stations).map((body) => [body.i, body.at[0]]));
  for (const [from, to] of joints(stations)) assert.ok(at.get(from) < at.get(to));
  assert.equal(joints(stations).filter(([from]) => stations[from].name === "maxpool1").length, 2);
  assert.equal(joints(stations).filter(([, to]) => stations[to].name === "Mixed_7a").length, 2);
});

test("a step shows what it makes and what that reads, in each lane", () => {
  const names = (step) => [...within(stations, step)].map((i) => `${stations[i].lane} ${stations[i].name}`).sort();
  assert.deepEqual(names("5"), ["both maxpool1", "paper Conv2d_3b_3x3", "release Conv2d_3b_1x1"]);
  assert.deepEqual(names("7a"), ["both Mixed_7a", "paper Mixed_6f", "release Mixed_6e"]);
  assert.equal(within(stations, "whole").size, stations.length);
});

test("each step has a chip, a name and its words", () => {
  assert.deepEqual(PRESETS.slice(0, STEPS.length + 1).map(({ state }) => state.step), ["whole", ...STEPS]);
  for (const step of STEPS) {
    assert.ok(nameOf(step));
    for (const lane of LANES) assert.ok(doing(stations, step, lane));
  }
  for (const lane of LANES) assert.equal(doing(stations, "13", lane), "softmax");
  assert.equal(doing(stations, "9", "paper"), "5 × Figure 6");
  assert.equal(doing(stations, "9", "release"), "4 × Figure 6");
});
