/**
 * AlongTheTrunk: one measurement over the layers, a cut that is dragged along it, and the maps there.
 * State: measure, layer; layers and maps come from Python.
 */

import { fill, h, kit, set, show, svg, text } from "#kit";
import { interval, LINES, mapsAt, marks, readouts } from "./model.js";
import {
  AFTER, ALT, AXES, BESIDE, CAPTION, CHOICE, HINT, KEYS, LABEL, LAYER, MAPS, noteFor, PRESETS, READOUTS, WIDEST, write,
} from "./words.js";

const PAD = { left: 46, right: 14, top: 12, bottom: 42 };
const ORDER = {
  probe: ["probe", "low", "high"], zeros: ["zeros"], neighbours: ["first", "second"],
  directions: ["components", "channels", "share", "widest"],
};

export function mount({ model, el }) {
  const ui = kit(model);
  const layers = model.get("layers");
  const maps = model.get("maps");
  const mapped = Object.keys(maps).length > 0;
  const HEIGHT = mapped ? 196 : 230; // so that plot and maps are in view together
  const state = () => ({ layers, maps, measure: model.get("measure"), layer: model.get("layer") });
  const fig = ui.frame({ kind: "along-the-trunk", label: LABEL, caption: CAPTION });
  const note = h("p", { class: "iat-note" });
  const ground = svg("g", { "aria-hidden": "true" });
  const curves = svg("g", { "aria-hidden": "true" });
  const cursor = svg("g", {}, svg("path", { class: "iat-cursor" }), svg("circle", { class: "iw-grip", r: 16 }),
    svg("circle", { class: "iw-knob", r: 6.5 }));
  const picture = svg("svg", { height: HEIGHT }, ground, curves, cursor);
  const surface = h("div", { class: "iat-surface" }, picture);
  const out = Object.fromEntries(Object.keys(READOUTS).map((name) => [name, ui.readout(name)]));
  const where = h("span");
  const numbersRow = h("span");
  const keys = h("span", { class: "iat-keys" });
  const image = h("img", { draggable: "false" });
  const words = h("figcaption");
  fig.head.append(ui.chips(PRESETS, CHOICE), note);
  fig.stage.append(surface, h("p", { class: "iat-row" }, where, numbersRow, keys));
  if (mapped) fig.stage.append(h("figure", { class: "iat-maps" }, image, words));
  el.append(fig.root);

  let wide = 640;
  const px = (i) => PAD.left + ((wide - PAD.left - PAD.right) * (i + 0.5)) / layers.length;
  let axis = AXES.zeros;
  const py = (v) => PAD.top + ((HEIGHT - PAD.top - PAD.bottom) * (axis[1] - v)) / (axis[1] - axis[0]);
  const layerAt = (event) => Math.min(layers.length - 1, Math.max(0, Math.floor(
    ((event.clientX - picture.getBoundingClientRect().left - PAD.left) / (wide - PAD.left - PAD.right)) * layers.length)));
  const tell = ui.handle(cursor, {
    label: LAYER, ...ui.limits.layer, big: 4,
    get: () => model.get("layer"),
    put: (v) => ui.commit({ layer: v }),
    text: (v) => AFTER(layers[v].label, layers[v].grid, layers[v].channels),
    at: layerAt,
  });
  ui.pull(surface, (event) => ui.commit({ layer: layerAt(event) }));

  const line = (points) => `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;
  const key = (kind) => h("span", { class: "iat-key" }, h("i", { class: `iat-${kind}` }), KEYS[kind]);

  function axes(layer) {
    const bottom = HEIGHT - PAD.bottom;
    const [low, high, step, written] = axis;
    const narrow = (wide - PAD.left) / layers.length < 27;
    const levels = Array.from({ length: Math.round((high - low) / step) + 1 }, (_, i) => low + i * step);
    fill(ground,
      levels.map((v) => [
        svg("path", { class: "iw-rule", d: `M${PAD.left} ${py(v)}H${wide - PAD.right}` }),
        svg("text", { class: "iw-mark", x: PAD.left - 6, y: py(v) + 4, "text-anchor": "end" }, written(v)),
      ]),
      layers.map(({ label, grid }, i) => [
        (!narrow || i === layer || (i % 2 === 0 && Math.abs(i - layer) > 1)) && svg("text", {
          class: i === layer ? "iat-name iat-now" : "iat-name", x: px(i), y: bottom + 18, "text-anchor": "middle",
        }, label),
        (i === 0 || (layers[i - 1].grid !== grid && Math.abs(layers[i - 1].grid - grid) > 2)) && svg("text", {
          class: "iw-mark", x: px(i), y: bottom + 35, "text-anchor": "middle",
        }, String(grid)),
      ]));
  }

  function draw() {
    const now = state();
    const { measure, layer } = now;
    axis = AXES[measure];
    const numbers = readouts(now);
    const { label, grid, channels } = layers[layer];
    const known = layers.slice(0, layer + 1); // the rest is for the reader to find
    text(note, noteFor(measure));
    axes(layer);
    fill(curves,
      known.map((row, i) => [
        interval(measure, row) && svg("path", {
          class: "iat-whisker", d: `M${px(i)} ${py(row.low)}V${py(row.high)}`,
        }),
        marks(measure, row).map((v) => svg("path", { class: "iat-widest", d: `M${px(i) - 8} ${py(v)}h16` })),
      ]),
      [...LINES[measure]].reverse().map(([name, value]) => [
        svg("path", { class: `iat-curve iat-${name}`, d: line(known.map((row, i) => [px(i), py(value(row))])) }),
        known.map((row, i) => svg("circle", {
          class: `iat-dot iat-dot-${name}`, cx: px(i), cy: py(value(row)), r: i === layer ? 5.5 : 3,
        })),
      ]));
    if (layer === 0) {
      curves.append(svg("text", { class: "iat-hint", x: px(0) + 14, y: HEIGHT - PAD.bottom - 10 }, `${HINT} →`));
    }
    set(cursor, { transform: `translate(${px(layer)} ${HEIGHT - PAD.bottom})` });
    set(cursor.firstChild, { d: `M0 0V${PAD.top - HEIGHT + PAD.bottom}` });
    tell();
    text(where, `${AFTER(label, grid, channels)}: `);
    const names = ORDER[measure].filter((name) => name in numbers);
    fill(numbersRow, names.map((name, i) => [
      i > 0 && " ", h("b", {}, out[name]), BESIDE[name], name === "share" && "widest" in numbers && WIDEST,
    ]));
    for (const name of names) show(out[name], numbers[name], write(name, numbers[name]), READOUTS[name][1]);
    fill(keys, measure === "neighbours" ? [key("first"), key("second")] : measure === "directions" ? key("widest") : []);
    const shown = mapsAt(now);
    if (shown) {
      const { label: of } = layers.find(({ name }) => name === shown);
      set(image, { src: maps[shown].src, alt: ALT(of) });
      text(words, MAPS(maps[shown].count, of, maps[shown].photo));
    }
    fig.say(`${where.textContent}${numbersRow.textContent}`);
  }

  const later = ui.bind(["measure", "layer"], draw);
  ui.width(surface, (width) => {
    wide = width;
    set(picture, { width });
    later();
  });
  return ui.end;
}
