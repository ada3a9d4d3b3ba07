/**
 * BeyondTheBorder: the window of the middle cell grows from layer to layer; the image is a band that can be narrowed.
 * State: network, side; the windows come from Python. Geometry in model.js, words in words.js.
 */

import { fill, h, kit, set, show, svg, text } from "#kit";
import { groups, isBeyond, readouts, stroke } from "./model.js";
import { CAPTION, CHOICE, EDGE, LABEL, PRESETS, SIDE, short, spoken } from "./words.js";

const KEYS = ["network", "side"];
const HEIGHT = 318;
const BOTTOM = 40; // for the modules' names, in two rows where there is little room
const MIDDLE = (HEIGHT - BOTTOM) / 2;
const MARKS = [79, 151, 299]; // sides of Table 2, where the edge of the image is pulled

export function mount({ model, el }) {
  const ui = kit(model);
  const { min, max } = ui.limits.side;
  const unit = (HEIGHT - BOTTOM - 12) / max; // pixels of the page for one of the image
  const fig = ui.frame({ kind: "beyond-the-border", label: LABEL, caption: CAPTION });
  const networks = model.get("networks");
  const chips = networks.map(({ label }, i) =>
    PRESETS.find((preset) => preset.label === label) ?? { id: `network-${i}`, label, state: { network: i } });
  const beyond = ui.readout("beyond");
  const layers = ui.readout("layers");
  const note = h("p", { class: "ibb-note" }, h("b", {}, beyond), " of the ", layers,
    " layers that widen a window add nothing but what lies beyond the border.");
  const band = svg("rect", { class: "ibb-band", x: 0 });
  const lines = svg("g", { "aria-hidden": "true" });
  const names = svg("g", { "aria-hidden": "true" });
  const word = svg("text", { class: "ibb-word", x: 6 });
  const edge = svg("path", { class: "ibb-edge" });
  const knob = svg("g", {}, svg("circle", { class: "iw-grip", r: 18 }), svg("circle", { class: "iw-knob", r: 7 }));
  const ruler = svg("g", { "aria-hidden": "true" });
  const picture = svg("svg", { class: "ibb-picture", height: HEIGHT }, band, lines, edge, word, names, ruler, knob);
  const tell = ui.handle(knob, {
    label: SIDE, min, max, big: 16,
    get: () => model.get("side"),
    put: (v) => ui.commit({ side: v }),
    text: (v) => `${v}×${v}`,
    at: (event) => (2 * (picture.getBoundingClientRect().top + MIDDLE - event.clientY)) / unit,
  });
  fig.head.append(ui.chips(chips, CHOICE), note);
  fig.stage.append(picture);
  fig.controls.append(ui.slider({ key: "side", label: SIDE }));
  el.append(fig.root);

  let wide = 640;
  let drawn = "";

  function draw() {
    const [side, network] = [model.get("side"), model.get("network")];
    const { layers: list, label } = networks[network];
    const numbers = readouts({ networks, network, side });
    const parts = groups(list).map((part) => ({ ...part, name: short(part.module) }));
    const gaps = parts.map((part, i) => (i && part.name !== parts[i - 1].name ? 1 : 0));
    const step = (wide - 34) / (list.length + gaps.reduce((a, b) => a + b, 0));
    const place = [];
    parts.forEach((part, i) => {
      for (let k = part.from; k < part.to; k++) place.push(k ? place[k - 1] + step * (1 + (k === part.from ? gaps[i] : 0)) : step / 2 + 4);
    });
    const thick = Math.max(2, Math.min(7, step - 1.5));
    const line = (kind, x, [from, to]) => to > from && svg("path", {
      class: `ibb-${kind}`, "stroke-width": thick,
      d: `M${x.toFixed(1)} ${MIDDLE - from * unit}V${MIDDLE - to * unit}M${x.toFixed(1)} ${MIDDLE + from * unit}V${MIDDLE + to * unit}`,
    });
    fill(lines, list.map((layer, i) => {
      const { seen, inside, outside } = stroke(layer, side);
      return svg("g", { class: isBeyond(layer, side) ? "ibb-lost" : null },
        line("seen", place[i], seen), line("inside", place[i], inside), line("outside", place[i], outside));
    }));
    const key = `${network} ${wide}`;
    if (key !== drawn) {
      drawn = key;
      fill(ruler, MARKS.map((mark) => [
        svg("path", { class: "ibb-mark", d: `M${wide - 5} ${MIDDLE - (mark * unit) / 2}h5` }),
        svg("text", { class: "ibb-name", x: wide - 8, y: MIDDLE - (mark * unit) / 2 + 4, "text-anchor": "end" }, String(mark)),
      ]));
      const named = [];
      for (const part of parts) {
        const last = named.at(-1);
        if (last?.name === part.name) last.to = part.to;
        else named.push({ ...part });
      }
      fill(names, named.map(({ name, from, to }, i) => svg("text", {
        class: "ibb-name", x: (place[from] + place[to - 1]) / 2, y: HEIGHT - (wide > 560 || i % 2 === 0 ? 20 : 5),
        "text-anchor": "middle",
      }, name)));
    }
    const half = (side * unit) / 2;
    set(band, { y: MIDDLE - half, width: wide, height: 2 * half });
    set(edge, { d: `M0 ${MIDDLE - half}H${wide}M0 ${MIDDLE + half}H${wide}` });
    set(knob, { transform: `translate(${wide - 14} ${MIDDLE - half})` });
    set(word, { y: MIDDLE - half + (half > MIDDLE - 26 ? 18 : -8) }); // where the lines leave room
    text(word, `${EDGE}, ${side} pixels`);
    tell();
    show(beyond, numbers.beyond, String(numbers.beyond), "layers");
    show(layers, numbers.layers, String(numbers.layers), "layers");
    note.classList.toggle("ibb-some", numbers.beyond > 0);
    fig.say(spoken(label, side, numbers));
  }

  const later = ui.bind(KEYS, draw);
  ui.width(fig.stage, (px) => {
    wide = px;
    set(picture, { width: px });
    later();
  });
  return ui.end;
}
