import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { nearest, plane, ticks } from "../../inception_lib/viz/widgets/network_plane/model.js";
import { layerAt, picked, spans } from "../../inception_lib/viz/widgets/three_budgets/model.js";

const read = (kind) =>
  JSON.parse(readFileSync(new URL(`../fixtures/widgets/${kind}.json`, import.meta.url), "utf8"));

test("pointing at the middle of a layer finds it, on each bar", () => {
  const { common } = read("three-budgets");
  for (const network of common.networks.keys()) {
    const { layers } = picked({ ...common, network, layer: 0 });
    for (const budget of ["params", "macs", "activations"]) {
      spans(layers, budget).forEach(([from, to], i) => {
        assert.equal(layerAt(layers, budget, (from + to) / 2), i);
      });
      assert.ok(Math.abs(spans(layers, budget).at(-1)[1] - 1) < 1e-12);
    }
  }
});

test("equal factors are equal steps on the plane, and all discs lie in it", () => {
  const { networks } = read("network-plane").common;
  const pad = { left: 50, right: 10, top: 10, bottom: 40 };
  for (const width of [320, 800]) {
    const on = plane(networks, width, 300, pad);
    assert.ok(Math.abs(on.x(2e9) - on.x(1e9) - (on.x(8e9) - on.x(4e9))) < 1e-9);
    for (const { macs, params, activations } of networks) {
      const [x, y, r] = [on.x(macs), on.y(params), on.radius(activations)];
      assert.ok(x - r > 0 && x + r < width && y - r > 0 && y + r < 300 - pad.bottom + 20);
      const area = (n) => on.radius(n) ** 2;
      assert.ok(Math.abs(area(2 * activations) / area(activations) - 2) < 1e-9);
    }
  }
});

test("a ring that is let go over a disc belongs to it", () => {
  const { networks } = read("network-plane").common;
  const on = plane(networks, 600, 300, { left: 50, right: 10, top: 10, bottom: 40 });
  networks.forEach(({ macs, params }, i) => {
    assert.equal(nearest(on.x(macs) + 3, on.y(params) - 3, networks, on), i);
  });
});

test("ticks are 1, 2 and 5 times powers of ten", () => {
  assert.deepEqual(ticks(4, 60), [5, 10, 20, 50]);
});
