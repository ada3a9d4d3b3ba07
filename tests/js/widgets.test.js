// The contract of every widget, found by itself: its model.js gives the numbers that Python gives,
// and its words.js names each of them.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";

const here = (path) => new URL(path, import.meta.url);
const widgets = here("../../inception_lib/viz/widgets/");
const folders = readdirSync(widgets, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !entry.name.startsWith("_"))
  .map((entry) => entry.name);

/** Equal strings and whole numbers, other numbers to twelve digits. */
function same(ours, theirs, where) {
  if (typeof theirs === "string" || (Number.isInteger(theirs) && Math.abs(theirs) < 2 ** 53)) {
    assert.equal(ours, theirs, where);
  } else {
    assert.ok(Math.abs(ours - theirs) <= 1e-12 * Math.max(1, Math.abs(theirs)), `${where}: ${ours} is not ${theirs}`);
  }
}

test("there are widgets", () => assert.ok(folders.length >= 3, folders.join()));

for (const folder of folders) {
  const kind = folder.replaceAll("_", "-");

  test(`${kind}: model.js gives Python's numbers`, async () => {
    const { readouts } = await import(new URL(`${folder}/model.js`, widgets));
    const { common, cases } = JSON.parse(readFileSync(here(`../fixtures/widgets/${kind}.json`), "utf8"));
    assert.ok(cases.length > 1, "at least two states");
    for (const { state, readouts: theirs } of cases) {
      const ours = readouts({ ...common, ...state });
      const where = `${kind} at ${JSON.stringify(state)}`;
      assert.deepEqual(Object.keys(ours).sort(), Object.keys(theirs).sort(), where);
      for (const [name, value] of Object.entries(theirs)) same(ours[name], value, `${where}, ${name}`);
    }
  });

  test(`${kind}: words.js names everything`, async () => {
    const { LABEL, CAPTION, PRESETS, READOUTS } = await import(new URL(`${folder}/words.js`, widgets));
    assert.ok(LABEL.length > 10 && CAPTION.length > 20);
    assert.deepEqual(PRESETS.map(({ id }) => id), [...new Set(PRESETS.map(({ id }) => id))], "ids differ");
    const { cases } = JSON.parse(readFileSync(here(`../fixtures/widgets/${kind}.json`), "utf8"));
    for (const name of new Set(cases.flatMap(({ readouts }) => Object.keys(readouts)))) {
      assert.equal(READOUTS[name]?.length, 2, `READOUTS has [label, unit] of ${name}`);
    }
  });
}
