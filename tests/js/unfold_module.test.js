import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import {
  branchesAt, breakEven, dearest, layout, owner, sheetAt, sheets, widthAt,
} from "../../inception_lib/viz/widgets/unfold_module/model.js";
import { branchName } from "../../inception_lib/viz/widgets/unfold_module/words.js";

const fixture = new URL("../fixtures/widgets/unfold-module.json", import.meta.url);
const { common, cases } = JSON.parse(readFileSync(fixture, "utf8"));
const state = { ...common, ...cases[0].state };

test("the 1×1 pays up to 154 channels before the 5×5, and 164 before the 3×3", () => {
  assert.equal(breakEven(state, "b"), 154);
  assert.equal(breakEven(state, "a"), 164);
});

test("a dragged bar gives back the width that it was drawn for", () => {
  for (const width of [1, 16, 77, 192]) {
    const { macs } = branchesAt({ ...state, reduce_b: width })[2];
    assert.ok(Math.abs(widthAt(state, "b", macs) - width) < 1e-9);
    assert.ok(macs <= dearest(state));
  }
});

test("each sheet belongs to one branch, in the order of the concatenation", () => {
  const branches = branchesAt(state);
  assert.equal(sheets(branches), 256);
  const owners = [0, 63, 64, 191, 192, 223, 224, 255].map((sheet) => owner(branches, sheet).index);
  assert.deepEqual(owners, [0, 0, 1, 1, 2, 2, 3, 3]);
  assert.throws(() => owner(branches, 256), RangeError);
});

test("pointing at the edge of a sheet finds it, on a page and on a phone", () => {
  const branches = branchesAt(state);
  for (const wide of [343, 700, 1000]) {
    const place = layout(wide, state);
    for (const sheet of [0, 40, 100, 191, 200, 223, 255]) {
      const shift = owner(branches, sheet).index * place.gap;
      const x = place.end + place.face + shift + (sheet + 0.5) * place.ux;
      assert.equal(sheetAt(x, place.last, place, branches), sheet, `${sheet} at ${wide}`);
    }
    assert.ok(place.end + place.face + 256 * place.ux + 3 * place.gap <= wide);
    assert.ok(place.end > place.to + place.face, "the last stack stands clear of the branches");
  }
});

test("branches are called by their kernels", () => {
  const name = (...kernels) => branchName(kernels.map((kernel) => ({ kernel, pool: false })));
  assert.equal(name(1), "1×1");
  assert.equal(name(1, 5), "5×5");
  assert.equal(name(1, 3, 3), "2 × 3×3");
  assert.equal(branchName([{ kernel: 3, pool: true }, { kernel: 1, pool: false }]), "pool");
});
