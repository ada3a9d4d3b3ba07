/**
 * ReceptiveField at the scale of a network: the window of one cell, block by block, on the photograph
 * and beyond its border; beside it where the paths really end. State: block, cell.
 */

import { fill, h, kit, percent, set, svg, viridis } from "#kit";
import { growth } from "./growth.js";
import { arrows, follow, pointIn } from "../_windows/hands.js";
import { numbers } from "./parts.js";
import { scale } from "./flat.js";
import { middle, nearestCell, within } from "../_windows/paths.js";
import { blockScene, blocksOf, pixelOf } from "./model.js";
import { NETWORK_CAPTION, NETWORK_FACTS, NETWORK_LABEL, NETWORK_NOTE } from "./words.js";

const KEYS = ["stack", "block", "cell", "image"];
const DOTS = 9; // pixels of the screen between two cells, from which on each gets a dot
// The colour map as canvas pixels: one 32-bit word a shade, red in the lowest byte.
const SHADES = Uint32Array.from({ length: 256 }, (_, i) =>
  viridis(i / 255).reduceRight((word, byte) => 256 * word + byte, 255));
// A shade is drawn as SHARP×SHARP pixels, which the browser then reduces: stretched from single ones,
// the period of two pixels that strides leave in the picture would beat with the screen's.
const SHARP = 3;
const MOTION = 240; // milliseconds of a change of scale

export function network({ model, el }) {
  const ui = kit(model);
  const { nodes, list } = blocksOf(model.get("stacks")[model.get("stack")]);
  const { shape } = nodes[0];
  const fig = ui.frame({ kind: "receptive-field", label: NETWORK_LABEL, caption: NETWORK_CAPTION });
  const theory = svg("svg", { class: "irf-scene iwin-grip", tabindex: 0, role: "application" });
  const canvas = h("canvas", { width: SHARP * shape[1], height: SHARP * shape[0] });
  const single = h("canvas", { width: shape[1], height: shape[0] });
  const rings = svg("svg", { class: "irf-rings iwin-grip", viewBox: `0 0 ${shape[1]} ${shape[0]}`, "aria-hidden": "true" });
  const faint = h("img", { alt: "", class: "irf-faint" });
  const effect = h("div", { class: "irf-heat", role: "img" }, faint, canvas, rings);
  const facts = numbers(ui, NETWORK_FACTS);
  const legend = scale();
  const bars = growth(ui, list, shape[0], (i) => choose(i));
  fig.head.append(h("p", { class: "iw-note" }, NETWORK_NOTE));
  fig.stage.append(
    h("div", { class: "irf-pair" },
      h("div", {}, h("p", {}, "theoretical"), theory),
      h("div", {}, h("p", {}, "effective"), effect, legend.el)),
    bars.el, facts.el);
  el.append(fig.root);

  const current = () => Math.max(0, list.findIndex(({ name }) => name === model.get("block")));
  const cellOf = ({ node }) => {
    const cell = model.get("cell");
    return cell.length ? cell.map((c, a) => within(c, node.shape[a])) : middle(node);
  };
  /** Another block, at the cell whose window is centred nearest to the present one's. */
  function choose(i) {
    const [from, to] = [list[current()], list[i]];
    if (from === to) return;
    const cell = model.get("cell").length ? nearestCell(to.node, to.field, pixelOf(from.field, cellOf(from))) : [];
    ui.commit({ block: to.name, cell });
  }
  const put = (cell) => {
    if (String(cell) !== String(cellOf(list[current()]))) ui.commit({ cell });
  };
  const moveTo = (pixel) => {
    const { node, field } = list[current()];
    put(nearestCell(node, field, pixel));
  };
  for (const drawing of [theory, rings]) {
    follow(ui, drawing, (event) => moveTo(pointIn(drawing, event).map((v) => v - 0.5)));
  }
  arrows(ui, theory, (step) => {
    const block = list[current()];
    put(cellOf(block).map((c, a) => within(c + step[a], block.node.shape[a])));
  });

  // -- drawing
  let side = 0; // pixels of the input across the left picture
  const move = ui.motion(MOTION);
  function zoom(target, then) {
    const from = side;
    move((t) => {
      side = from * (target / from) ** t || target;
      then();
    }, !from || Math.abs(from / target - 1) < 0.02);
  }

  function drawTheory(i, cell, span) {
    const { src } = model.get("image");
    set(faint, { src });
    const unit = side / (theory.clientWidth || 300); // input pixels a pixel of the screen
    const from = shape.map((n) => (n - side) / 2);
    const box = (s) => ({ x: s[1][0], y: s[0][0], width: s[1][1] - s[1][0] + 1, height: s[0][1] - s[0][0] + 1 });
    const { node, field } = list[i];
    const pixel = pixelOf(field, cell);
    const earlier = list.slice(0, i).filter(({ field: f }) => f.size[0] / unit > 60).map(({ field: f }) =>
      svg("rect", { class: "irf-before", ...box(pixel.map((p, a) => [p - (f.size[a] - 1) / 2, p + (f.size[a] - 1) / 2])) }));
    let dots = "";
    if (field.stride[0] / unit > DOTS) {
      for (let r = 0; r < node.shape[0]; r++) {
        for (let c = 0; c < node.shape[1]; c++) {
          const [y, x] = pixelOf(field, [r, c]);
          dots += `M${x + 0.5} ${y + 0.5}h0`;
        }
      }
    }
    const here = box(span);
    const tag = (words, x, y, kind) => svg("text", {
      class: kind, transform: `translate(${x} ${y}) scale(${unit})`, "text-anchor": "middle",
    }, words);
    set(theory, { viewBox: `${from[1]} ${from[0]} ${side} ${side}` });
    fill(theory,
      svg("rect", { class: "irf-beyond", x: from[1], y: from[0], width: side, height: side }),
      svg("rect", { class: "irf-reach", ...here }),
      svg("image", { href: src, width: shape[1], height: shape[0], preserveAspectRatio: "none" }),
      earlier,
      svg("path", { class: "irf-dots", d: dots }),
      svg("rect", { class: "irf-window", ...here }),
      svg("path", { class: "irf-dot", d: `M${pixel[1] + 0.5} ${pixel[0] + 0.5}h0` }),
      tag(`${field.size[0]} pixels`, here.x + here.width / 2, here.y + (here.width > shape[1] ? 17 : -6) * unit, "irf-length"),
      side > shape[1] * 1.6 && tag(String(shape[1]), shape[1] / 2, shape[0] + 14 * unit, "iwin-name"));
  }

  function drawEffect(counts, { max }, halves, cell, field) {
    const pixels = new ImageData(shape[1], shape[0]);
    const words = new Uint32Array(pixels.data.buffer);
    counts.forEach((n, i) => { words[i] = n && SHADES[Math.round((255 * n) / max)]; });
    single.getContext("2d").putImageData(pixels, 0, 0);
    const large = canvas.getContext("2d");
    large.imageSmoothingEnabled = false;
    large.clearRect(0, 0, canvas.width, canvas.height);
    large.drawImage(single, 0, 0, canvas.width, canvas.height);
    const [y, x] = pixelOf(field, cell);
    fill(rings, halves.map((n) =>
      svg("rect", { class: "irf-ring", x: x + 0.5 - n / 2, y: y + 0.5 - n / 2, width: n, height: n })));
  }

  function draw() {
    const i = current();
    const { name, node, field } = list[i];
    const cell = cellOf(list[i]);
    const { span, counts, spread, halves, beyond } = blockScene(nodes, list[i], cell);
    const farthest = Math.max(...span.flatMap(([first, last], a) => [shape[a] / 2 - first, last + 1 - shape[a] / 2]));
    zoom(Math.max(shape[0] * 1.12, 2 * farthest * 1.06), () => drawTheory(i, cell, span));
    drawEffect(counts, spread, halves, cell, field);
    bars.draw(i);
    legend.draw(spread.max / spread.total);

    const pair = ([a, b], unit = "pixels") => [a, `${a}×${b}`, unit];
    const one = ([a]) => [a, String(a), "pixels"];
    facts.set({
      size: pair(field.size), cells: pair(node.shape, "cells"), stride: one(field.stride), padding: one(field.padding),
      beyond: [beyond, percent(beyond)], half: pair([halves[0], halves[0]]), most: pair([halves[1], halves[1]]),
    });
    const words = `${name}, cell ${cell}: window of ${field.size.join("×")} pixels, half of the paths within ${halves[0]}`;
    set(theory, { "aria-label": `${words}. Arrow keys move the cell.` });
    set(effect, { "aria-label": words });
    fig.say(words);
  }

  const later = ui.bind(KEYS, draw);
  ui.width(fig.stage, (px) => {
    bars.resize(px);
    later();
  });
  return ui.end;
}
