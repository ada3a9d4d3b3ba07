import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { interval, LINES, mapsAt, marks } from "../../inception_lib/viz/widgets/along_the_trunk/model.js";
import { AXES, noteFor, write } from "../../inception_lib/viz/widgets/along_the_trunk/words.js";

const built = new URL("../fixtures/widgets/along-the-trunk.json", import.meta.url);
const { common: { layers, limits } } = JSON.parse(readFileSync(built, "utf8"));

test("everything that is drawn lies within its axis", () => {
  for (const measure of limits.measure.names) {
    const [low, high] = AXES[measure];
    for (const row of layers) {
      const drawn = [
        ...LINES[measure].map(([, value]) => value(row)), ...marks(measure, row), ...(interval(measure, row) ?? []),
      ];
      for (const value of drawn) assert.ok(value >= low && value <= high, `${measure} of ${row.name}: ${value}`);
    }
    assert.ok(noteFor(measure).length > 40);
  }
});

test("at 6e the cell after the next is more alike than the next, and nowhere else", () => {
  assert.deepEqual(layers.filter((row) => row.second > row.first).map((row) => row.label), ["6e"]);
});

test("a layer shows the last recorded maps that are not behind it", () => {
  const at = (layer, names) => mapsAt({ layers, maps: Object.fromEntries(names.map((n) => [n, {}])), layer });
  assert.equal(at(14, ["Mixed_6a", "Mixed_6e"]), "Mixed_6e");
  assert.equal(at(13, ["Mixed_6a", "Mixed_6e"]), "Mixed_6a");
  assert.equal(at(0, ["Mixed_6a", "Mixed_6e"]), "Mixed_6a", "the first where there is none before");
  assert.equal(at(3, []), undefined);
});

test("equal widths are one mark, numbers are written in their own way", () => {
  assert.deepEqual(marks("directions", { reductions: [128, 128], channels: 768 }), [1 / 6]);
  assert.deepEqual(marks("zeros", layers[8]), []);
  assert.equal(write("first", 0.2488), "0.25");
  assert.equal(write("zeros", 0.908), "91\u202f%");
  assert.equal(write("components", 43), "43");
});
