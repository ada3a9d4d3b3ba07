import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { viridis } from "../../inception_lib/viz/js/colour.js";
import {
  branchRoots, chain, concentration, fields, fromRows, isChain, middle, nearestCell, parseLayer, pathCounts, price,
  profiles, spreadOf, windowOf,
} from "../../inception_lib/viz/widgets/_windows/paths.js";
import { branches, cone, layerLabel, place } from "../../inception_lib/viz/widgets/_windows/cone.js";
import { activeRoots, cellAt, nodesOf, pixelOf, scene } from "../../inception_lib/viz/widgets/receptive_field/model.js";
import { OTHERS, PRESETS } from "../../inception_lib/viz/widgets/receptive_field/words.js";

const fixture = JSON.parse(readFileSync(new URL("../fixtures/receptive_field.json", import.meta.url), "utf8"));
const moduleOf = (name) => fixture.modules.find((m) => m.name === name);
const graphOf = (name) => fromRows(moduleOf(name).rows);
const flat = (rows) => Float64Array.from(rows.flat());
const triple = (field) => [field.size, field.stride, field.padding];

test("windows of stacked layers equal the library's, layer by layer", () => {
  for (const { layers, size, shape, fields: expected } of fixture.chains) {
    const nodes = chain(layers, size);
    const seen = fields(nodes);
    assert.deepEqual(nodes.map(({ name }) => triple(seen.get(name))), expected, layers.join());
    assert.deepEqual(nodes.at(-1).shape, shape, layers.join());
    assert.ok(isChain(nodes));
  }
});

test("paths of stacked layers equal the library's, in the middle and at the edge", () => {
  for (const { layers, size, cells } of fixture.chains) {
    const nodes = chain(layers, size);
    assert.ok(cells.length > 1);
    for (const [cell, expected] of cells) {
      assert.deepEqual(pathCounts(nodes, nodes.at(-1).name, cell).get("input"), flat(expected), `${layers} ${cell}`);
    }
  }
});

test("windows and paths of traced modules equal the library's", () => {
  for (const { name, rows, fields: expected, cells } of fixture.modules) {
    const nodes = fromRows(rows);
    const seen = fields(nodes);
    nodes.forEach((node, i) => assert.deepEqual(triple(seen.get(node.name)), expected[i], `${name} ${node.name}`));
    for (const [cell, counts] of cells ?? []) {
      const last = nodes.at(-1).name;
      assert.deepEqual(pathCounts(nodes, last, cell).get("input"), flat(counts), `${name} ${cell}`);
    }
  }
});

test("each branch alone, and any choice of them, equals the library's", () => {
  for (const { name, rows, branches: expected } of fixture.modules) {
    if (!expected || !Object.keys(expected).length) continue;
    const nodes = fromRows(rows);
    const roots = Object.keys(expected);
    assert.deepEqual(branchRoots(nodes, nodes.at(-1).name), roots);
    for (const root of roots) {
      const now = scene(nodes, [], roots.filter((r) => r !== root));
      assert.deepEqual(now.counts, flat(expected[root]), `${name} ${root}`);
      assert.deepEqual(triple(now.field), triple(fields(nodes).get(root)));
    }
    const two = scene(nodes, [], roots.slice(2));
    const sum = flat(expected[roots[0]]).map((n, i) => n + flat(expected[roots[1]])[i]);
    assert.deepEqual(two.counts, sum);
    assert.deepEqual(activeRoots(nodes, nodes.at(-1).name, roots), roots, "never none");
  }
});

test("the network's windows are the published ones, its paths the library's", () => {
  const { rows, blocks, sums } = moduleOf("inception-v3");
  const nodes = fromRows(rows);
  const seen = fields(nodes);
  const size = Object.fromEntries(blocks.map(([block, node]) => [block, seen.get(node).size[0]]));
  const published = {
    Conv2d_2b_3x3: 11, Conv2d_4a_3x3: 23, maxpool2: 31, Mixed_5b: 63, Mixed_5d: 127, Mixed_6a: 159, Mixed_6b: 351,
    Mixed_6c: 543, Mixed_6d: 735, Mixed_6e: 927, Mixed_7a: 1055, Mixed_7b: 1183, Mixed_7c: 1311,
  };
  for (const [block, n] of Object.entries(published)) assert.equal(size[block], n, block);
  const last = seen.get(blocks.at(-1)[1]);
  assert.deepEqual([last.stride[0], last.padding[0]], [32, 618]);
  for (const [name, [cell, expected]] of Object.entries(sums)) {
    const counts = pathCounts(nodes, name, cell).get("input");
    const columns = new Array(299).fill(0);
    counts.forEach((n, i) => { columns[i % 299] += n; });
    columns.forEach((n, i) => assert.ok(Math.abs(n - expected[i]) <= 1e-11 * expected[i], `${name} column ${i}`));
  }
});

test("two 3×3 count 1, 2, 3, 2, 1 where a 5×5 counts once", () => {
  const see = (layers) => scene(chain(layers, 11), [], []);
  const [five, two] = [see(["5x5"]), see(["3x3", "3x3"])];
  assert.deepEqual(five.field.size, two.field.size);
  assert.deepEqual(five.profiles, [[1, 1, 1, 1, 1], [1, 1, 1, 1, 1]]);
  assert.deepEqual(two.profiles, [[1, 2, 3, 2, 1], [1, 2, 3, 2, 1]]);
  assert.deepEqual(two.facts, { total: 81, max: 9, pixels: 25, centre: 9 / 81, border: 32 / 81 });
  assert.deepEqual([five.price, two.price], [{ weights: 25, macs: 25 }, { weights: 18, macs: 18 }]);
});

test("a corner loses the paths that lead into the padding", () => {
  const now = scene(chain(["3x3", "3x3"], 11), [0, 0], []);
  assert.deepEqual(now.span, [[-2, 2], [-2, 2]]);
  // Along an axis the cell sees two real cells, and these two and three real pixels: 5 paths, 5·5 in all.
  assert.deepEqual([now.facts.pixels, now.facts.total], [9, 25]);
  assert.deepEqual(now.profiles[0], [0, 0, 2, 2, 1]);
});

test("1×7 then 7×1: a square, and each step a line", () => {
  const now = scene(chain(["1x7", "7x1"], 11), [], []);
  assert.deepEqual(now.field.size, [7, 7]);
  assert.deepEqual(now.planes.map(({ level }) => level), [2, 1, 0]);
  assert.deepEqual(now.planes[1].marks.map(({ box }) => box), [[[2, 9], [5, 6]]]);
  assert.equal(now.price.weights, 14);
});

test("branches know their colours and names", () => {
  const named = (name) => branches(graphOf(name), graphOf(name).at(-1).name).map(({ kind, label }) => [kind, label]);
  assert.deepEqual(named("figure-4"), [["1x1", "1×1"], ["kxk", "3×3"], ["kxk", "5×5"], ["pool", "pool 3×3"]]);
  assert.deepEqual(named("figure-5")[2], ["factorized", "3×3 · 3×3"]);
  assert.deepEqual(named("figure-6")[2], ["factorized", "7×1 · 1×7 · 7×1 · 1×7"]);
  assert.deepEqual(named("figure-7")[1], ["factorized", "1×3 | 3×1"]);
  assert.deepEqual(named("grid-reduction"), [["kxk", "3×3/2"], ["factorized", "3×3 · 3×3/2"], ["pool", "pool 3×3/2"]]);
  const stem = branches(graphOf("inception-v3"), "Mixed_5b.concat").map(({ kind }) => kind);
  assert.deepEqual(stem, ["1x1", "kxk", "factorized", "pool"], "what all branches stand on has no say");
});

test("Figure 7 sees a cross: the corners of its window have no path", () => {
  const now = scene(graphOf("figure-7"), [], []);
  assert.deepEqual(now.field.size, [5, 5]);
  assert.equal(now.facts.pixels, 21);
});

test("cones join planes without gaps, whatever branch", () => {
  for (const { name, rows, blocks } of fixture.modules) {
    if (name === "inception-v3") continue;
    const nodes = fromRows(rows);
    const now = cone(nodes, nodes.at(-1).name, middle(nodes.at(-1)));
    const levels = now.planes.map(({ level }) => level);
    assert.equal(Math.max(...levels), now.levels, name);
    assert.equal(now.planes.at(-1).level, 0);
    for (const { from, to } of now.frusta) {
      assert.ok(from < to, name);
      assert.ok(levels.includes(from) && levels.includes(to), `${name}: a cone ends in the air`);
    }
    for (const { root } of now.branches) {
      assert.ok(now.planes[0].marks.length >= now.branches.length, `${name} ${root} ${blocks.length}`);
    }
  }
});

test("a stride-2 cell is as large as two pixels and stands over those that it sees", () => {
  const nodes = chain(["3x3/2"], 11);
  const box = place(fields(nodes).get("layer 1"), [[2, 2], [2, 2]]);
  assert.deepEqual(box, [[3.5, 5.5], [3.5, 5.5]]);
  const seen = windowOf(fields(nodes).get("layer 1"), [2, 2]);
  assert.deepEqual(seen, [[3, 5], [3, 5]]);
});

test("the cell under a pixel and the pixel under a cell agree", () => {
  for (const { layers, size } of fixture.chains) {
    const nodes = chain(layers, size);
    const last = nodes.at(-1);
    const field = fields(nodes).get(last.name);
    for (let c = 0; c < last.shape[0]; c++) {
      assert.deepEqual(cellAt(nodes, pixelOf(field, [c, 0])), [c, 0], layers.join());
    }
    assert.deepEqual(nearestCell(last, field, [-99, 999]), [0, last.shape[1] - 1]);
  }
});

test("half of the paths of two 3×3 lie within the middle 3×3", () => {
  const now = scene(chain(["3x3", "3x3"], 11), [], []);
  assert.equal(concentration(now.counts, now.shape, now.span, 0.5), 3);
  assert.equal(concentration(now.counts, now.shape, now.span, 1), 5);
  assert.equal(concentration(now.counts, now.shape, now.span, 0.1), 1);
});

test("an even window has its middle between pixels", () => {
  const nodes = chain(["2x2p0"], 6);
  const counts = pathCounts(nodes, "layer 1", [2, 2]).get("input");
  const span = windowOf(fields(nodes).get("layer 1"), [2, 2]);
  assert.equal(spreadOf(counts, [6, 6], span).centre, 1);
  assert.deepEqual(profiles(counts, [6, 6], span), [[1, 1], [1, 1]]);
});

test("multiply-adds count every layer as often as its cells outnumber the output's", () => {
  assert.deepEqual(price(chain(["3x3", "3x3/2"], 11)), { weights: 18, macs: 45 });
});

test("the notation of layers", () => {
  assert.deepEqual(parseLayer("1x7").padding, [0, 3]);
  assert.deepEqual(parseLayer("3x3/2").stride, [2, 2]);
  assert.deepEqual(parseLayer("2x2p1").padding, [1, 1]);
  assert.equal(layerLabel(parseLayer("3x3/2")), "3×3/2");
  assert.throws(() => parseLayer("3y3"), /not a layer/);
});

test("strides that do not line up are refused", () => {
  const nodes = fromRows([
    ["input", "input", [], 8, 8], ["a", "conv", [0], 4, 4, 2, 2, 2, 2], ["b", "concat", [0, 1], 8, 8],
  ]);
  assert.throws(() => fields(nodes), /merges strides/);
});

test("every preset names stacks that Python sends", () => {
  const sent = new Set([...Object.keys(fixture.stacks), ...fixture.modules.map(({ name }) => name)]);
  for (const { id, state, note } of PRESETS) {
    assert.equal(state.stack, id);
    assert.ok(sent.has(state.stack) && (!state.compare || sent.has(state.compare)), id);
    assert.ok(note.endsWith("."), id);
  }
  for (const { id } of OTHERS) assert.ok(id === "yours" || sent.has(id), id);
  const own = { stacks: {}, layers: ["3x3"], grid: 7 };
  assert.deepEqual(nodesOf(own, "yours").at(-1).shape, [7, 7]);
});

test("the colour map runs from viridis' dark end to its bright one", () => {
  assert.deepEqual(viridis(0), [68, 1, 84]);
  assert.deepEqual(viridis(1), [253, 231, 37]);
  const light = Array.from({ length: 50 }, (_, i) => viridis(i / 49)).map(([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b);
  light.reduce((a, b) => { assert.ok(b > a); return b; });
});

test("a move of the deepest block's cell is found within a frame or two", () => {
  const nodes = graphOf("inception-v3");
  pathCounts(nodes, "Mixed_7c.concat#3", [4, 4]);
  const start = performance.now();
  for (let i = 0; i < 4; i++) pathCounts(nodes, "Mixed_7c.concat#3", [i, 4]);
  const each = (performance.now() - start) / 4;
  assert.ok(each < 100, `${each} ms`); // some 5 ms where nothing else runs
});
