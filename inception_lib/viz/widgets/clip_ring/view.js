/** ClipRing: an arrow whose tip can be pulled, and what is left of it in the ring and in the square. State: first, second. */

import { decimal, h, kit, set, show, svg, text } from "#kit";
import { byLength, byValue, MOST, readouts, THRESHOLD } from "./model.js";
import { AXES, CAPTION, CHOICE, FIRST, GRADIENT, LABEL, noteFor, PRESETS, RING, SECOND, spoken, SQUARE, TURNED } from "./words.js";

const KEYS = ["first", "second"];
const SIDE = 320; // of the plane, pixels
const UNIT = SIDE / (2 * (MOST + 0.5));
const MIDDLE = SIDE / 2;

export function mount({ model, el }) {
  const ui = kit(model);
  const fig = ui.frame({ kind: "clip-ring", label: LABEL, caption: CAPTION });
  const out = Object.fromEntries(["length", "ring-first", "ring-second", "square-first", "square-second", "turned"]
    .map((name) => [name, ui.readout(name)]));
  const px = (x) => MIDDLE + x * UNIT;
  const py = (y) => MIDDLE - y * UNIT;
  const arrows = { gradient: svg("path"), square: svg("path"), ring: svg("path") };
  const dots = { square: svg("circle", { r: 5.5 }), ring: svg("circle", { r: 5.5 }) };
  for (const [name, arrow] of Object.entries(arrows)) set(arrow, { class: `icr-arrow icr-${name}` });
  for (const [name, dot] of Object.entries(dots)) set(dot, { class: `icr-dot icr-${name}` });
  const tip = svg("circle", { class: "iw-knob", r: 7.5 });
  const half = THRESHOLD * UNIT;
  const picture = svg("svg", { class: "icr-picture", viewBox: `0 0 ${SIDE} ${SIDE}`, width: SIDE, "aria-hidden": "true" },
    svg("path", { class: "icr-axis", d: `M0 ${MIDDLE}H${SIDE}M${MIDDLE} 0V${SIDE}` }),
    svg("text", { class: "icr-name", x: SIDE, y: MIDDLE + 15, "text-anchor": "end" }, AXES[0]),
    svg("text", { class: "icr-name", x: MIDDLE + 6, y: 10 }, AXES[1]),
    svg("rect", { class: "icr-limit icr-square", x: MIDDLE - half, y: MIDDLE - half, width: 2 * half, height: 2 * half }),
    svg("circle", { class: "icr-limit icr-ring", cx: MIDDLE, cy: MIDDLE, r: half }),
    Object.values(arrows), Object.values(dots), tip);
  const plane = h("div", { class: "icr-plane" }, picture);
  const pair = (name) => h("b", {}, "(", out[`${name}-first`], ", ", out[`${name}-second`], ")");
  const note = h("p", { class: "icr-note" });
  const facts = h("div", { class: "icr-facts" },
    h("p", {}, h("span", {}, GRADIENT), " ", h("b", {}, out.length)),
    h("p", { class: "icr-ring" }, h("i"), h("span", {}, RING), " ", pair("ring")),
    h("p", { class: "icr-square" }, h("i"), h("span", {}, SQUARE), " ", pair("square")),
    h("p", {}, h("span", {}, TURNED), " ", h("b", {}, out.turned, "°")), note);
  fig.head.append(ui.chips(PRESETS, CHOICE));
  fig.stage.append(h("div", { class: "icr-body" }, plane, facts));
  fig.controls.append(ui.slider({ key: "first", label: FIRST }), ui.slider({ key: "second", label: SECOND }));
  el.append(fig.root);

  const snap = (v) => Math.min(MOST, Math.max(-MOST, Math.round(10 * v) / 10));
  ui.pull(plane, (event) => {
    const { left, top, width } = picture.getBoundingClientRect();
    const scale = SIDE / width; // a narrow page has less room
    ui.commit({
      first: snap(((event.clientX - left) * scale - MIDDLE) / UNIT),
      second: snap((MIDDLE - (event.clientY - top) * scale) / UNIT),
    });
  });

  function draw() {
    const now = Object.fromEntries(KEYS.map((key) => [key, model.get(key)]));
    const gradient = [now.first, now.second];
    const n = readouts(now);
    const left = { gradient, ring: byLength(gradient), square: byValue(gradient) };
    for (const [name, arrow] of Object.entries(arrows)) {
      const [x, y] = left[name];
      set(arrow, { d: `M${MIDDLE} ${MIDDLE}L${px(x)} ${py(y)}` });
      if (dots[name]) set(dots[name], { cx: px(x), cy: py(y) });
    }
    set(tip, { cx: px(now.first), cy: py(now.second) });
    for (const name of Object.keys(out)) show(out[name], n[name], decimal(n[name], name === "turned" ? 1 : 2));
    text(note, noteFor(n, gradient.some((x) => Math.abs(x) > THRESHOLD)));
    fig.say(spoken(now, n));
  }

  ui.bind(KEYS, draw);
  return ui.end;
}
