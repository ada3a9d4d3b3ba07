import assert from "node:assert/strict";
import test from "node:test";

import {
  cutOf, decades, guesses, insideOf, mapsAt, opens, readouts, rising, rounded, stroked, written,
} from "../../inception_lib/viz/widgets/draw_the_waist/model.js";
import { noteFor, PRESETS } from "../../inception_lib/viz/widgets/draw_the_waist/words.js";

const stages = [100, 400, 50, 80, 10].map((size, i) => ({ label: String(i), size }));
const state = { profiles: { net: { title: "Net", stages } }, network: "net", drawn: "", revealed: false, cut: 0 };

test("a stroke sets every stage that it passes, on a straight line of the logarithmic axis", () => {
  const curve = stroked([null, null, null, null, null], [1, 1000], [3, 10]);
  assert.deepEqual(curve, [null, 1000, 100, 10, null]);
  assert.deepEqual(stroked(curve, [3, 10], [1, 1000]), curve, "in both directions");
  assert.deepEqual(stroked(curve, [2, 7], [2, 7]), [null, 1000, 7, 10, null], "a touch is one stage");
  assert.deepEqual(stroked(curve, [0, 5], [0, 5]), curve, "the image is given");
});

test("what is drawn is read back as it was written, for its own network only", () => {
  const drawn = written("net", [null, 300, null, 20, null]);
  assert.equal(drawn, "net:,300,,20,");
  assert.deepEqual(guesses({ ...state, drawn }), [null, 300, null, 20, null]);
  assert.deepEqual(guesses({ ...state, drawn: "other:1,2,3" }), [null, null, null, null, null]);
  assert.equal(written("net", [null, null]), "");
});

test("nothing of the truth before it is shown", () => {
  assert.deepEqual(readouts({ ...state, drawn: "net:,300" }), { placed: 1, image: 100 });
  const shown = readouts({ ...state, drawn: "net:,200,100", revealed: true, cut: 99 });
  assert.equal(cutOf({ ...state, cut: 99 }), 4);
  assert.equal(shown.alive, 10);
  assert.equal(shown.rises, 2);
  assert.ok(Math.abs(shown.off - 2) < 1e-12, "a half and a double are both off by two");
  assert.deepEqual(rising([1, 2, 2, 3]), [false, true, false, true]);
});

test("the axis does not tell where the curve lies", () => {
  assert.deepEqual(decades([268203, 1000]), [3, 7]);
  assert.deepEqual(decades([10, 5e8]), [1, 9]);
  assert.equal(rounded(268203), 268000);
  assert.equal(rounded(7.4), 7);
});

test("a network of one's own has a note too", () => {
  assert.equal(noteFor("vgg16", "VGG-16"), PRESETS.find(({ id }) => id === "vgg16").note);
  assert.match(noteFor("ResNet", "ResNet"), /^ResNet: /);
});

test("a cut through the trained network shows what is recorded there, and only once it is opened", () => {
  const named = ["image", "a", "b", "c"].map((name, i) => ({ name, label: name, size: 100 - i }));
  const trunk = { layers: { a: { zeros: 0.4, probe: 0.2 } }, maps: { a: { count: 4 }, c: { count: 8 } } };
  const trained = {
    profiles: { inception_v3: { title: "v3", stages: named }, other: { title: "o", stages: named } },
    network: "inception_v3", drawn: "", revealed: true, cut: 1, inside: true, trunk,
  };
  assert.deepEqual(insideOf(trained), { zeros: 0.4, probe: 0.2 });
  assert.equal(readouts(trained).probe, 0.2);
  assert.deepEqual(insideOf({ ...trained, cut: 2 }), {}, "nothing is recorded there");
  for (const shut of [{ inside: false }, { revealed: false }, { network: "other" }]) {
    assert.equal(insideOf({ ...trained, ...shut }), null);
    assert.ok(!("zeros" in readouts({ ...trained, ...shut })));
  }
  assert.deepEqual([{}, { network: "other" }].map((s) => opens({ ...trained, ...s })), [true, false]);
  assert.deepEqual([0, 1, 2, 3].map((cut) => mapsAt({ ...trained, cut }).count), [4, 4, 4, 8]);
  assert.equal(mapsAt({ ...trained, trunk: { layers: {}, maps: {} } }), null);
});
