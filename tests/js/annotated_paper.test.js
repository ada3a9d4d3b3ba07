import assert from "node:assert/strict";
import test from "node:test";

import { parts, readouts, verdictAt } from "../../inception_lib/viz/widgets/annotated_paper/model.js";

test("only claims about a number flip, and at what they need", () => {
  assert.equal(verdictAt({ verdict: "differs", needs: 4 }, 3.9), "differs");
  assert.equal(verdictAt({ verdict: "differs", needs: 4 }, 4), "holds");
  assert.equal(verdictAt({ verdict: "differs", needs: null }, 10), "differs");
  assert.equal(verdictAt({ verdict: "not decided", needs: null }, 10), "not decided");
});

test("every claim is counted once, at any allowance", () => {
  const claims = [0, 1, 5, null].map((needs) => ({ verdict: needs === 0 ? "holds" : "differs", needs }));
  for (const allowance of [0, 1, 10]) {
    assert.equal(Object.values(readouts({ claims, allowance })).reduce((a, b) => a + b), 4);
  }
});

test("3.1 stands in part 3, in the order of the text", () => {
  const claims = ["abstract", "3", "3.1", "4"].map((section) => ({ section }));
  assert.deepEqual(parts(claims).map(([part, list]) => [part, list.length]), [["abstract", 1], ["3", 2], ["4", 1]]);
});
