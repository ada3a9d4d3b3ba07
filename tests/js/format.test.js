import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { compact, decimal, grouped, percent } from "../../inception_lib/viz/js/format.js";

const { cases } = JSON.parse(readFileSync(new URL("../fixtures/format.json", import.meta.url), "utf8"));
const functions = { compact, decimal, grouped, percent };

test("numbers are written as Python writes them", () => {
  assert.ok(cases.length > 40);
  for (const { name, args, words } of cases) {
    assert.equal(functions[name](...args), words, `${name}(${args})`);
  }
});

test("thin separators are narrow no-break spaces", () => {
  assert.equal(grouped(1128960), "1\u202f128\u202f960");
  assert.equal(compact(5713216096), "5.71\u202fBn");
});
