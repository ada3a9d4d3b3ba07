import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import {
  arrow, cells, cellSize, dims, ends, groupOf, mix, partners, rect, saving, segments, stacked, tensorScale, term,
} from "../../inception_lib/viz/widgets/module_diagram/model.js";
import { noteFor } from "../../inception_lib/viz/widgets/module_diagram/words.js";

const built = new URL("../fixtures/widgets/module-diagram.json", import.meta.url);
const { common: { figures }, cases } = JSON.parse(readFileSync(built, "utf8"));
const at = (id) => figures.find((f) => f.id === id);
/** Labels of what a layer becomes, by name. */
const becomes = (from, name, to) => {
  const i = at(from).boxes.findIndex((b) => b.name === name);
  return partners(at(from).boxes, at(to).boxes).filter(([a]) => a === i).map(([, j]) => at(to).boxes[j].label);
};

test("the story of section 3: a 5×5 splits, its halves split, the last of them fan out", () => {
  assert.deepEqual(becomes("figure-4", "branch5x5_2", "figure-5"), ["3×3, 64", "3×3, 64"]);
  assert.deepEqual(becomes("figure-5", "branch3x3_2", "figure-6-n3"), ["1×3, 64", "3×1, 64"]);
  assert.deepEqual(becomes("figure-5", "branch3x3dbl_2", "figure-6-n3"), ["3×1, 64", "1×3, 64"]);
  assert.deepEqual(becomes("figure-6-n3", "branch3x3_2", "figure-6"), ["1×7, 64"]);
  assert.deepEqual(becomes("figure-6", "branch7x7dbl_2", "figure-7"), ["3×3, 64"]);
  assert.deepEqual(becomes("figure-6", "branch7x7dbl_3", "figure-7"), ["3×3, 64"]);
  assert.deepEqual(becomes("figure-6", "branch7x7dbl_5", "figure-7"), ["3×1, 64"]);
  assert.deepEqual(becomes("figure-4", "branch5x5_2", "figure-7"), ["3×3, 64", "1×3, 64", "3×1, 64"]);
});

test("nothing is lost on the way, and 1×1 stay what they are", () => {
  for (const a of figures) {
    for (const b of figures) {
      const pairs = partners(a.boxes, b.boxes);
      assert.equal(new Set(pairs.map(([i]) => i)).size, a.boxes.length, `${a.id} to ${b.id}`);
      assert.equal(new Set(pairs.map(([, j]) => j)).size, b.boxes.length, `${a.id} to ${b.id}`);
      for (const [i, j] of pairs) assert.equal(a.boxes[i].role, b.boxes[j].role);
      for (const box of ["branch1x1", "pool", "branch_pool"]) {
        const [i, j] = [a, b].map((f) => f.boxes.findIndex((x) => x.name === box));
        assert.deepEqual(pairs.filter(([k]) => k === i), [[i, j]]);
      }
    }
  }
});

test("savings are Python's", () => {
  for (const { state, readouts } of cases) {
    const figure = at(state.figure ?? "figure-4");
    // What is not compared, or compared with itself, has no such number.
    const ours = saving(figures, figure);
    if (!("saving" in readouts)) assert.ok(!ours);
    else assert.ok(Math.abs(ours - readouts.saving) < 1e-12);
  }
});

test("the cost bar is as long as its figure costs", () => {
  for (const figure of figures) {
    const whole = Math.max(...groupOf(figures, figure).map((f) => f.macs));
    const rows = segments(figure, whole);
    assert.ok(Math.abs(rows.at(-1)[1] - figure.macs / whole) < 1e-12);
    rows.forEach(([from], i) => assert.equal(from, i ? rows[i - 1][1] : 0));
    rows.forEach(([from, to], i) => {
      assert.ok(Math.abs((to - from) * whole - figure.boxes[i].macs) < 1e-3);
    });
  }
});

test("terms multiply to the multiply-adds", () => {
  const value = (words) => words.replaceAll("²", "**2").split(" · ").map((w) => w.split("·"))
    .flat().reduce((product, w) => product * (w.endsWith("**2") ? Number(w.slice(0, -3)) ** 2 : Number(w)), 1);
  for (const figure of figures) {
    for (const box of figure.boxes.filter((b) => b.op === "conv")) assert.equal(value(term(box)), box.macs);
  }
});

test("the ends of the branches carry all channels and the widest window", () => {
  for (const figure of figures) {
    const last = ends(figure);
    assert.equal(last.reduce((sum, b) => sum + b.shape[0], 0), figure.output_shape[0]);
    const hull = [0, 1].map((i) => Math.max(...last.map((b) => b.window[i])));
    assert.deepEqual(hull, figure.window);
  }
});

test("kernels are to scale and stay in the drawing, on a phone too", () => {
  for (const width of [335, 540, 900]) {
    const cell = cellSize(width);
    for (const figure of figures) {
      for (const box of figure.boxes) {
        const [left, top, w, h] = rect(box, width, cell);
        assert.ok(Math.abs(w - box.kernel[1] * cell) < 1e-6 && Math.abs(h - box.kernel[0] * cell) < 1e-6);
        assert.ok(left >= 0 && left + w <= width && top >= 0 && top + h <= figure.height * cell);
      }
    }
  }
});

test("one square for each cell of a kernel", () => {
  assert.equal(cells([0, 0, 27, 27], [3, 3]).match(/M/g).length, 9);
  assert.equal(cells([0, 0, 63, 9], [1, 7]).match(/M/g).length, 7);
});

test("motion starts where it was and ends where it belongs", () => {
  assert.deepEqual(mix([0, 10], [4, 20], 0), [0, 10]);
  assert.deepEqual(mix([0, 10], [4, 20], 1), [4, 20]);
});

test("an arrow goes straight up where nothing fans out", () => {
  assert.match(arrow(null, [10, 50, 20, 20], 40, 10), /^M20 345C20 .* 20 72m/);
  assert.match(arrow([10, 50, 20, 20], null, 40, 10), /^M20 30C20 .* 20 57m/);
});

test("tensors are written height × width × channels", () => {
  assert.equal(dims([192, 35, 35]), "35×35×192");
});

test("every figure of the book has its sentence, with the layout's numbers", () => {
  const note = (id) => noteFor(at(id), groupOf(figures, at(id))[0]);
  for (const { id } of figures) assert.ok(note(id).length > 40, id);
  assert.match(note("figure-4"), /54\u202f%/);
  assert.match(note("figure-5"), /28\u202f% less.*15\.2\u202f% less/);
  assert.match(note("figure-6-n3"), /34\.8\u202f%/);
  assert.match(note("figure-6"), /13×13 instead of 5×5, for 17\.4\u202f% more/);
  assert.match(note("figure-7"), /384 channels instead of 256.*21 of its 25/);
  assert.equal(noteFor({ id: "yours" }, {}), "");
});

test("the concatenation stacks its branches from the left, and its box has room", () => {
  for (const figure of figures) {
    const found = stacked(figure);
    assert.equal(found.at(-1).to, figure.output_shape[0]);
    assert.deepEqual([...found].sort((a, b) => a.to - b.to), found);
    assert.equal(found[0].kind, figure.boxes.reduce((a, b) => (b.x < a.x ? b : a)).kind);
    const scale = tensorScale([figure], 10);
    for (const [channels, rows] of [figure.input_shape, figure.output_shape]) {
      assert.ok((rows + 1.75 * Math.sqrt(channels)) * scale < 55, figure.id);
    }
  }
});
