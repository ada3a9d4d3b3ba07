/**
 * PlaceTheHead: the network as a row of plates with a head that can be moved along, and the head's own tensors.
 * State: place; network comes from Python.
 */

import { box, boxSize, compact, fill, h, kernel, kit, percent, set, show, svg } from "#kit";
import { presentOf, readouts } from "./model.js";
import {
  AFTER, CAPTION, CHOICE, LABEL, LOGITS, MACS, OF_NETWORK, OPS, PLACE, PRESETS, REACHED, READOUTS, short, spoken, STEM,
  WEIGHTS,
} from "./words.js";

const TALL = 2; // pixels a cell of a plate
const TRUNK = 120; // height of the network
const AXIS = 44; // its middle
const KNOB = 112; // where the ring is
const STEM_SHARE = 0.13;

export function mount({ model, el }) {
  const ui = kit(model);
  const network = model.get("network");
  const { modules, places } = network;
  const state = () => ({ network, place: model.get("place") });
  const fig = ui.frame({ kind: "place-the-head", label: LABEL, caption: CAPTION });
  const trunk = svg("g", { "aria-hidden": "true" });
  const knob = svg("g", {}, svg("path", { class: "iph-stalk" }), svg("circle", { class: "iw-grip", r: 16 }),
    svg("circle", { class: "iw-knob", r: 6.5 }));
  const above = svg("svg", { height: TRUNK }, trunk, knob);
  const surface = h("div", { class: "iph-surface" }, above);
  const head = svg("g", { "aria-hidden": "true" });
  const below = svg("svg", {}, head);
  const out = Object.fromEntries(Object.keys(READOUTS).map((name) => [name, ui.readout(name)]));
  const price = h("p", { class: "iph-price" },
    h("span", {}, h("b", {}, out.params), ` ${WEIGHTS}, `, out["params-share"], ` ${OF_NETWORK}`),
    h("span", {}, h("b", {}, out.macs), ` ${MACS}, `, out["macs-share"], ` ${OF_NETWORK}`),
    h("span", {}, REACHED[0], " ", h("b", {}, out.reached), ` ${REACHED[1]}`));
  fig.head.append(ui.chips(PRESETS, CHOICE));
  fig.stage.append(surface, below, price);
  el.append(fig.root);

  let wide = 640;
  const step = () => (wide * (1 - STEM_SHARE)) / (modules.length + 0.7);
  const px = (i) => wide * STEM_SHARE + step() * (i + 0.5);
  const placeAt = (event) => {
    const x = event.clientX - above.getBoundingClientRect().left;
    return Math.min(places.length - 1, Math.max(0, Math.round((x - wide * STEM_SHARE) / step() - 0.5)));
  };
  const tell = ui.handle(knob, {
    label: PLACE, ...ui.limits.place, big: 3, sideways: true,
    get: () => model.get("place"),
    put: (v) => ui.commit({ place: v }),
    text: (v) => AFTER(modules[v].name),
    at: placeAt,
  });
  ui.pull(surface, (event) => ui.commit({ place: placeAt(event) }));

  function drawTrunk(place) {
    const first = modules[0].side * TALL;
    const edge = wide * STEM_SHARE - 4;
    const broad = step() * 0.62;
    fill(trunk,
      svg("path", { class: "iph-line", d: `M0 ${AXIS}H${px(modules.length)}` }),
      svg("path", { class: "iph-plate iph-reached", d: `M2 ${AXIS - 42}L${edge} ${AXIS - first / 2}V${AXIS + first / 2}L2 ${AXIS + 42}Z` }),
      svg("text", { class: "iph-name", x: edge / 2, y: AXIS + 5, "text-anchor": "middle" }, STEM),
      modules.map(({ name, side }, i) => [
        svg("rect", {
          class: i <= place ? "iph-plate iph-reached" : "iph-plate", x: px(i) - broad / 2, y: AXIS - (side * TALL) / 2,
          width: broad, height: side * TALL,
        }),
        svg("text", {
          class: i === place ? "iph-name iph-now" : "iph-name", x: px(i), y: AXIS + (side * TALL) / 2 + 16, "text-anchor": "middle",
        }, short(name)),
      ]),
      svg("circle", { class: "iph-plate", cx: px(modules.length) - step() * 0.1, cy: AXIS, r: 5 }));
    set(knob, { transform: `translate(${px(place)} ${KNOB})` });
    set(knob.firstChild, { d: `M0 0V${AXIS + modules[place].side * TALL / 2 + 22 - KNOB}` });
    tell();
  }

  function drawHead({ tensors, layers }) {
    const gap = Math.max(44, Math.min(96, wide * 0.1));
    const scale = Math.min(2, (wide - 4 * gap - 22) / 300);
    const height = scale * 84 + 62;
    const y = scale * 42 + 8;
    set(below, { height });
    const shown = [...tensors.slice(0, 4)];
    const sizes = shown.map(([side, channels]) => boxSize(side, channels, scale));
    const parts = [];
    let x = 0;
    sizes.forEach((size, i) => {
      const [side, channels] = shown[i];
      parts.push(
        box(x, y, size),
        svg("text", { class: "iw-mark", x: x + size.width / 2, y: height - 22, "text-anchor": "middle" }, `${side}×${side}`),
        svg("text", { class: "iw-mark", x: x + size.width / 2, y: height - 6, "text-anchor": "middle" }, `×${channels}`));
      const [label, kind, sides] = OPS[i];
      const at = x + size.width + gap / 2;
      const cell = sides[0] > 1 ? Math.max(3, scale * 3) : Math.max(6, scale * 6);
      const weights = i > 0 && layers[i - 1].params;
      parts.push(
        kernel(at, y, sides, cell, kind),
        svg("text", { class: "iph-op", x: at, y: y + 34, "text-anchor": "middle" }, label),
        weights && svg("text", { class: "iw-mark", x: at, y: y - 22, "text-anchor": "middle" }, compact(weights)));
      x += size.width + gap;
    });
    parts.push(
      svg("rect", { class: "iph-logits", x, y: y - scale * 34, width: 6, height: scale * 68 }),
      svg("text", { class: "iw-mark", x: x + 3, y: height - 22, "text-anchor": "middle" }, "1000"),
      svg("text", { class: "iw-mark", x: x + 3, y: height - 6, "text-anchor": "middle" }, LOGITS));
    fill(head, parts);
  }

  function draw() {
    const now = state();
    const numbers = readouts(now);
    drawTrunk(now.place);
    drawHead(presentOf(now));
    for (const name of ["params", "macs"]) show(out[name], numbers[name], compact(numbers[name]), READOUTS[name][1]);
    for (const name of ["params-share", "macs-share", "reached"]) show(out[name], numbers[name], percent(numbers[name]), OF_NETWORK);
    fig.say(spoken(modules[now.place].name, {
      params: compact(numbers.params), macs: compact(numbers.macs), reached: percent(numbers.reached),
    }));
  }

  const later = ui.bind(["place"], draw);
  ui.width(surface, (width) => {
    wide = width;
    for (const one of [above, below]) set(one, { width });
    later();
  });
  return ui.end;
}
